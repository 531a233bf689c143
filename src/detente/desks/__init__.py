"""One column a subject. A desk never imports another desk."""
