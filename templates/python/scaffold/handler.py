def handler(event, context):
    """Called once for each request; what it returns is the answer, here as JSON."""
    name = event.get("name", "world")
    return {"greeting": f"Hello, {name}!"}
