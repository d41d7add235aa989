"""What runs outside a request. Each job takes ids, calls one capability, and can be run twice without harm."""
