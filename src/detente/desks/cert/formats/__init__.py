"""Foreign bytes of the CERT desk."""
