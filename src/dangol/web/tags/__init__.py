"""Parts of the tag library `dangol_web`, by what they make; `templatetags/dangol_web.py` joins them."""
