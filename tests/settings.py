"""kept's settings with a folder of the tests' own, chosen before anything reads them."""

import atexit
import os
import shutil
import tempfile

if "KEPT_TESTS" not in os.environ:  # workers of one run share their master's folder
    os.environ["KEPT_TESTS"] = os.environ["KEPT_DATA"] = tempfile.mkdtemp(prefix="kept-tests-")
    atexit.register(shutil.rmtree, os.environ["KEPT_TESTS"], ignore_errors=True)
os.environ.setdefault("KEPT_SECRET_KEY", "only-for-tests")

from kept.config.settings import *  # noqa: F403

if "pool" in DATABASES["default"].get("OPTIONS", {}):  # noqa: F405
    # Some tests let thirty people press at once; a server has as many threads as it is told.
    DATABASES["default"]["OPTIONS"]["pool"] |= {"max_size": 40, "timeout": 60}  # noqa: F405
