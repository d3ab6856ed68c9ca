"""Sign-up, tickets and the door for the employment workshops "Osons nos talents"."""
