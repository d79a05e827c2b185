"""Six who talk at once, each in a session of their own, and a seventh for whom there is no room.

usage: six.py BASE_URL
"""

import sys
import threading

import openai

base_url = sys.argv[1]
client = openai.OpenAI(base_url=base_url, websocket_base_url=base_url.replace("http", "ws"), api_key="any", max_retries=0)
TURNS = 10
ready, done = threading.Barrier(7), threading.Barrier(7)
failed = []


def one(name):
    try:
        with client.realtime.connect(model="jane") as connection:
            connection.session.update(session={"type": "realtime", "output_modalities": ["text"]})
            ready.wait()
            for turn in range(TURNS):
                text = f"Person {name} says {turn}."
                connection.conversation.item.create(
                    item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
                )
                connection.response.create()
                while (event := connection.recv()).type != "response.done":
                    assert event.type != "error", event
                answer = event.response.output[0].content[0].text
                assert text in answer, (text, answer)
            done.wait()
    except BaseException as error:
        failed.append((name, error))
        ready.abort()
        done.abort()
        raise


threads = [threading.Thread(target=one, args=(name,)) for name in "ABCDEF"]
for thread in threads:
    thread.start()
ready.wait()
done.wait()
for thread in threads:
    thread.join()
assert not failed, failed
print("six sessions,", TURNS, "turns each")
