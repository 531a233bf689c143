"""What two sides agree about their notices: within how long a person over there has read one."""
