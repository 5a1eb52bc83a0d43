// A page that comes back with errors begins at the first field that is wrong.
document.querySelector("main form[method=post] [aria-invalid=true]:not([type=hidden], [disabled])")?.focus();
