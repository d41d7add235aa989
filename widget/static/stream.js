/* Server-sent events over fetch (HTML standard, 9.2.6). The network cuts events, line ends and characters anywhere:
   what is not whole yet is carried over. Yields [name, data]; comments, nameless and damaged events are passed over. */

const MAX_HELD = 1000000;

function eventParser() {
  let held = "";
  let name = "";
  let data = [];
  const readLine = (line) => {
    if (!line) {
      const found = name && data.length ? [name, data.join("\n")] : null;
      name = "";
      data = [];
      if (!found) return null;
      try { return [found[0], JSON.parse(found[1])]; } catch { return null; }
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (field === "event") name = value;
    else if (field === "data") data.push(value);
    return null;
  };
  return (text, isLast) => {
    held += text;
    if (held.length > MAX_HELD) throw new Error("endless line");
    const whole = held.endsWith("\r") && !isLast ? held.slice(0, -1) : held; // its line feed may be on its way
    const found = whole.split(/\r\n|\n|\r/);
    held = found.pop() + held.slice(whole.length);
    return found.map(readLine).filter(Boolean);
  };
}

async function* readEvents(body, onBytes) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parse = eventParser();
  for (;;) {
    const { done, value } = await reader.read();
    onBytes();
    yield* parse(decoder.decode(value, { stream: !done }), done);
    if (done) return;
  }
}
