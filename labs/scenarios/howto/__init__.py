"""What the chapters of the community HOWTO do that no other chapter here does."""
