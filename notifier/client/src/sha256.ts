/** SHA-256 of a file of any size, piece by piece. WebCrypto takes a file as a whole, and is missing where a page came by plain HTTP. */

const PIECE_BYTES = 4_194_304;
const BLOCK_BYTES = 64;

/* FIPS 180-4, 4.2.2 and 5.3.3: the first 32 bits of the fractional parts of the roots of the first primes. */
const PRIMES = Array.from({ length: 312 }, (_, n) => n).filter((n) => n > 1 && !Array.from({ length: n }, (_, d) => d).some((d) => d > 1 && n % d === 0));
const fraction = (root: number) => ((root - Math.floor(root)) * 2 ** 32) | 0;
const ROUNDS = Int32Array.from(PRIMES.slice(0, 64), (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

const turn = (word: number, bits: number) => (word >>> bits) | (word << (32 - bits));

/* One block of 16 words at the beginning of w into the state. Without iterators, which would take most of the time. */
function compress(state: Int32Array, w: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    w[i] = (w[i - 16]! + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + w[i - 7]! + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10))) | 0;
  }
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!, e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const first = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[i]! + w[i]!) | 0;
    const second = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + first) | 0; d = c; c = b; b = a; a = (first + second) | 0;
  }
  state[0]! += a; state[1]! += b; state[2]! += c; state[3]! += d; state[4]! += e; state[5]! += f; state[6]! += g; state[7]! += h;
}

class Sha256 {
  readonly state = START.slice();
  readonly words = new Int32Array(64);

  /** bytes: whole blocks. */
  blocks(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.byteLength; at += BLOCK_BYTES) {
      for (let i = 0; i < 16; i++) this.words[i] = view.getInt32(at + 4 * i);
      compress(this.state, this.words);
    }
  }

  hex(): string {
    return Array.from(this.state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

/* The last bytes, the bit 1, zeros, and the length in bits. */
function padded(rest: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((rest.byteLength + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(rest);
  bytes[rest.byteLength] = 0x80;
  view.setUint32(bytes.byteLength - 8, Math.floor(length / 2 ** 29));
  view.setUint32(bytes.byteLength - 4, (length * 8) >>> 0);
  return bytes;
}

/** In hexadecimal digits. The signal ends it with its reason. */
export async function sha256(file: Blob, signal?: AbortSignal): Promise<string> {
  const hash = new Sha256();
  const whole = file.size - (file.size % BLOCK_BYTES);
  for (let at = 0; at < whole; at += PIECE_BYTES) {
    signal?.throwIfAborted();
    hash.blocks(new Uint8Array(await file.slice(at, Math.min(at + PIECE_BYTES, whole)).arrayBuffer()));
  }
  hash.blocks(padded(new Uint8Array(await file.slice(whole).arrayBuffer()), file.size));
  return hash.hex();
}
