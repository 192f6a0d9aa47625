"""The mapping files: read with their lines, checked, and made into a policy."""
