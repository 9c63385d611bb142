"""How the tests are shared among processes: what visits one page of the site is one unit, everything else is one unit a file.

PYTHONPATH=tests/site pytest -n 2 -p sharding
"""

import re

import pytest

PAGE = re.compile(r"^tests/site/.*?\[.*?([\w/]+\.html)")


def unit(nodeid):
    """Return the name of the unit to which a test belongs."""
    page = PAGE.match(nodeid)
    return page.group(1) if page else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return unit(nodeid)

    return Scheduling(config, log)
