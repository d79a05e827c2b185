// The Realtime interface, as any client speaks it.
export class Realtime extends EventTarget {
  /// Connects; rejects where that is refused.
  connect(token) {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const protocols = ["realtime"];
    if (token) protocols.push(`openai-insecure-api-key.${token}`);
    const address = new URL("v1/realtime?model=jane", document.baseURI);
    address.protocol = scheme;
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(address, protocols);
      let is_open = false;
      socket.onmessage = ({ data }) => {
        const event = JSON.parse(data);
        if (event.type === "session.created") {
          is_open = true;
          this.socket = socket;
          resolve();
        }
        this.dispatchEvent(new CustomEvent("event", { detail: event }));
      };
      socket.onclose = ({ reason }) => {
        if (this.socket === socket) this.socket = undefined;
        if (is_open) this.dispatchEvent(new CustomEvent("closed", { detail: reason }));
        else reject(new Error("She does not take the call: perhaps she talks to as many as she can."));
      };
    });
  }

  get is_open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  send(type, more = {}) {
    if (this.is_open) this.socket.send(JSON.stringify({ type, ...more }));
  }

  hear(bytes) {
    // What the network does not take in time is not heard later either.
    if (!this.is_open || this.socket.bufferedAmount > 200_000) return;
    this.send("input_audio_buffer.append", { audio: base64(bytes) });
  }

  ask(text) {
    const content = [{ type: "input_text", text }];
    this.send("conversation.item.create", { item: { type: "message", role: "user", content } });
    this.send("response.create");
  }

  close() {
    this.socket?.close();
  }
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

export function bytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
