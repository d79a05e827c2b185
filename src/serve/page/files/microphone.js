// Takes what the microphone hears, and hands it on as 16-bit samples at 24 kHz, 40 ms at a time.
const RATE = 24000;
const CHUNK = 960;

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = sampleRate / RATE;
    this.place = 0; // where in the input the next sample of the output lies
    this.last = 0; // the last sample of the block before
    this.out = new Int16Array(CHUNK);
    this.filled = 0;
    this.power = 0;
  }

  process([input]) {
    const samples = input[0];
    if (!samples) return true;
    const at = (index) => (index < 0 ? this.last : samples[index]);
    while (this.place < samples.length - 1) {
      const before = Math.floor(this.place);
      const share = this.place - before;
      const sample = at(before) * (1 - share) + at(before + 1) * share;
      this.power += sample * sample;
      this.out[this.filled++] = Math.max(-1, Math.min(1, sample)) * 32767;
      if (this.filled === CHUNK) {
        const level = Math.sqrt(this.power / CHUNK);
        this.port.postMessage({ samples: this.out.buffer, level }, [this.out.buffer]);
        this.out = new Int16Array(CHUNK);
        this.filled = 0;
        this.power = 0;
      }
      this.place += this.step;
    }
    this.place -= samples.length;
    this.last = samples[samples.length - 1];
    return true;
  }
}

registerProcessor("microphone", Microphone);
