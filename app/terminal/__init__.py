"""What verbs share: French help and errors, where the database is, who acts, what is answered."""
