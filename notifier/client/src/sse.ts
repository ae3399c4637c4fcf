/** Parses `text/event-stream`. */

export interface ServerEvent {
  id: string | undefined;
  name: string;
  data: string;
}

/** The events of a body, as they come. Returns when the body ends, and throws when the connection breaks. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) {
        const fields = new Map(block.split('\n').map((line) => /^([^:]*): ?(.*)$/.exec(line)?.slice(1) as [string, string] | undefined ?? ['', '']));
        const data = fields.get('data');
        if (data !== undefined) yield { id: fields.get('id'), name: fields.get('event') ?? 'message', data };
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
