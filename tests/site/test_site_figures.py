"""Every control of every live figure on every page is moved in a real browser, and the picture must change.

On a wide screen: each slider by keys (both ends, a step) and by a click of the mouse on its track; each typed field by
nonsense, which is refused with a word, and by a number, which gives the picture of the slider; each toggle, button and radio
button by mouse and by key; each option of a menu; each point by its four arrow keys and by the mouse, also far beyond the
picture; each picture that takes a click on two places; of each question the first option by mouse, the second by keys
and all of them by events, each with an answer of its own. After each control Reset brings back the first picture, to the
pixel, and the first settings. What is touched by a finger is in test_site_media.py.
"""


def test_every_control_changes_the_picture(figure):
    assert figure.of("range", "field", "select", "radio", "checkbox", "handle", "option"), f"{figure.name} has nothing to move"
    for control in figure.controls:
        control.try_out()
    figure.visit.quiet()
