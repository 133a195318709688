import pytest

pytest.register_assert_rewrite("tests.e2e.proxy", "tests.e2e.tap", "tests.e2e.talk")
