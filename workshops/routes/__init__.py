"""HTTP, one file per audience. Handlers read the request, call one verb, and show what it gives back."""
