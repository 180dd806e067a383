def handler(event, context):
    """Called once for each request; what it returns is the answer, here as JSON.

    event is the JSON body, or the query where there is none: POST {"name": "Ada"} and GET ?name=Ada are the same.
    context tells of the request: context.path, context.headers, context.method and more.
    """
    name = event.get("name", "world")
    return {"greeting": f"Hello, {name}!"}
