"""What an extension keeps of each page in Sphinx's environment, from its reading until another page shows it.

Sphinx reads only the pages that changed, and may read them in several processes.
"""


class Store:
    """What was found on each page, kept in the environment under `name`.

    `places` are the classes of the nodes that show it: a page with one of them is written again when another page changes.
    """

    def __init__(self, name, *places):
        self.name, self.places = name, places

    def of(self, env):
        """Return what was found: a dictionary by the page's name."""
        return vars(env).setdefault(self.name, {})

    def connect(self, app):
        app.connect("env-purge-doc", self.forget)
        app.connect("env-merge-info", self.merge)
        app.connect("env-updated", self.write_again)

    def forget(self, app, env, docname):
        """Drop what a page held that is read again, or is gone."""
        self.of(env).pop(docname, None)

    def merge(self, app, env, docnames, other):
        """Take over what another process found on the pages that it read."""
        self.of(env).update({name: found for name, found in self.of(other).items() if name in docnames})

    def write_again(self, app, env):
        """Return the pages that show what was found."""
        return [name for name in env.found_docs if any(isinstance(n, self.places) for n in env.get_doctree(name).findall())]
