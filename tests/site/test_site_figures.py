"""Every control of every live figure on every page is moved, and the picture must change."""


def test_every_control_changes_the_picture(figure):
    assert figure.of("range", "field", "select", "radio", "checkbox", "handle", "option"), f"{figure.name} has nothing to move"
    for control in figure.controls:
        control.try_out()
    figure.visit.quiet()
