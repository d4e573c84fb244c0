"""Programs and data of test_each_fence.py."""
