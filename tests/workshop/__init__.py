"""A business object that only the tests have: whatever the kernel can do, it must do for this one too."""
