"""Made histories of fixes and made go-lives with a known truth, for the suites `actions` and `impact`."""
