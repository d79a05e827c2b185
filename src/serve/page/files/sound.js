// The microphone and the loudspeaker of this browser.
const RATE = 24000;

export class Sound {
  constructor({ heard, level }) {
    this.heard = heard;
    this.level = level;
    this.playing = new Set();
    this.next = 0;
  }

  /// Opens the loudspeaker; to be called when the user presses something.
  async open() {
    if (!this.context) {
      this.context = new AudioContext({ latencyHint: "interactive" });
      this.loudness = this.context.createGain();
      this.meter = this.context.createAnalyser();
      this.meter.fftSize = 512;
      this.loudness.connect(this.meter).connect(this.context.destination);
    }
    await this.context.resume();
  }

  /// Opens the microphone.
  async listen() {
    if (!navigator.mediaDevices) {
      throw new Error("This browser gives no microphone here: open the page by https, or on the machine itself by localhost.");
    }
    this.stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
    });
    await this.context.audioWorklet.addModule("microphone.js");
    const source = this.context.createMediaStreamSource(this.stream);
    this.worklet = new AudioWorkletNode(this.context, "microphone", { numberOfOutputs: 0 });
    this.worklet.port.onmessage = ({ data }) => {
      this.level(data.level);
      this.heard(new Uint8Array(data.samples));
    };
    source.connect(this.worklet);
  }

  mute() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.worklet?.disconnect();
    this.stream = this.worklet = undefined;
    this.level(0);
  }

  /// Plays 16-bit samples behind what is playing.
  play(bytes) {
    if (!this.context) return;
    const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1);
    const buffer = this.context.createBuffer(1, samples.length, RATE);
    const channel = buffer.getChannelData(0);
    for (let index = 0; index < samples.length; index++) channel[index] = samples[index] / 32768;
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.loudness);
    const now = this.context.currentTime;
    // Behind a gap so much is waited for that the network may stumble.
    if (this.next < now + 0.005) this.next = now + 0.06;
    source.start(this.next);
    this.next += buffer.duration;
    this.playing.add(source);
    source.onended = () => this.playing.delete(source);
  }

  /// Throws away what is not heard yet.
  stop() {
    for (const source of this.playing) source.stop();
    this.playing.clear();
    this.next = 0;
  }

  /// How loud she is now, from 0 to 1.
  loud() {
    if (!this.meter || this.playing.size === 0) return 0;
    const samples = new Float32Array(this.meter.fftSize);
    this.meter.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  }
}
