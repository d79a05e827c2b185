"""Two who talk at once, and the timers of one of them: they ring for whoever set them, and for the other one where that one is gone.

usage: timers.py BASE_URL
"""

import sys

import openai

base_url = sys.argv[1]
client = openai.OpenAI(base_url=base_url, websocket_base_url=base_url.replace("http", "ws"), api_key="any", max_retries=0)


class Session:
    def __init__(self):
        self.connection = client.realtime.connect(model="jane").enter()
        self.wait("session.created")
        self.connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
        self.wait("session.updated")

    def wait(self, kind):
        """The next event of this kind, and the kinds of those before it."""
        before = []
        while (event := self.connection.recv()).type != kind:
            before.append(event.type)
        return event, before

    def said(self):
        event, _ = self.wait("response.done")
        return event.response.output[0].content[0].text

    def ask(self, text):
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        self.connection.conversation.item.create(item=item)
        self.connection.response.create()
        return self.said()

    def heard_nothing(self):
        self.connection.conversation.item.retrieve(item_id="nothing")
        _, before = self.wait("error")
        assert not any(kind.startswith("response.") for kind in before), before


one, other = Session(), Session()
assert other.ask("How long is left?")
assert "3 seconds" in (told := one.ask("Set a timer for 3 seconds.")), told
rang = one.said()
assert "timer" in rang, rang
other.heard_nothing()
print("rang for one:", rang)
assert "3 seconds" in (told := one.ask("Set a timer for 3 seconds.")), told
one.connection.close()
rang = other.said()
assert "timer" in rang, rang
print("rang for the other:", rang)
other.connection.close()
