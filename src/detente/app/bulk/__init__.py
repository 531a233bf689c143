"""Screening of many: files of customers, runs that can be killed and go on, rescreening."""
