"""A second referee, in ball arithmetic: it judges the certificates that the checker judges, and bounds nothing by hand."""
