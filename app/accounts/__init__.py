"""People: sign-up, e-mail verification, invitations, and who may do what."""
