/** Plain ASGI: answers with its version, slowly at /slow, as events at /events, and echoes over a WebSocket. */
export const versionedApp = (version: number): string => `import asyncio

async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            await send({"type": "websocket.send", "text": "v${version} " + message["text"]})
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    if scope["path"] == "/slow":
        await asyncio.sleep(5)
    while scope["path"] == "/events":
        await send({"type": "http.response.body", "body": b"data: v${version}\\n\\n", "more_body": True})
        await asyncio.sleep(0.1)
    await send({"type": "http.response.body", "body": b"v${version}"})
`;
