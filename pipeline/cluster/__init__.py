"""Jobs on the nodes of a Ray cluster. Nothing else imports Ray, and only the commands import this room."""
