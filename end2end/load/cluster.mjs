// Many readers of one installation of several nodes, for minutes, with what goes wrong in the life of one: readers whose connection breaks,
// nodes that are killed, PostgreSQL and Redis that are restarted. Every word of every answer is counted.
//
//   LIAO_BIN=…/liao node load/cluster.mjs --streams 1000 --minutes 10 --rate 5 --faults node,redis,postgres,network --every 120
//
// `--old BINARY`: the last node runs another version; `--skew 120`: its clock is two minutes ahead (needs faketime).
//
// `--cut 15`: how many seconds the last node is cut off; after nine the others take it for dead.
//
// Prints a table of the nodes' state and one of what was read; ends with 1 if a word was lost, came twice or was not stored.
import http from 'node:http';
import { parseArgs } from 'node:util';
import { Installation } from './nodes.mjs';

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '5' },
    words: { type: 'string', default: '200' },
    nodes: { type: 'string', default: '3' },
    faults: { type: 'string', default: 'node' },
    every: { type: 'string', default: '120' },
    old: { type: 'string' },
    skew: { type: 'string', default: '0' },
    disconnects: { type: 'string', default: '0.01' },
    cut: { type: 'string', default: '5' },
  },
});
const [STREAMS, MINUTES, RATE, WORDS, NODES, EVERY] = ['streams', 'minutes', 'rate', 'words', 'nodes', 'every'].map((name) => Number(values[name]));
const DISCONNECTS = Number(values.disconnects);
const CUT = Number(values.cut);
const FAULTS = values.faults.split(',').filter(Boolean);
// A person may have only so many answers at a time.
const USERS = Math.min(STREAMS, Math.max(50, Math.ceil(STREAMS / 20)));

const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const sequence = Array.from({ length: WORDS }, (_, i) => `w${i + 1}`).join(' ');

const seen = { answers: 0, done: 0, interrupted: 0, failed: 0, words: 0, broken: 0, dropped: 0, refused: 0, wrong: [], statuses: {} };

function open(url, token, method, path, body) {
  return new Promise((opened, failed) => {
    const data = body && JSON.stringify(body);
    const headers = { authorization: `Bearer ${token}`, ...(data && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(data) }) };
    const request = http.request(url + path, { method, agent, headers }, opened).on('error', failed);
    request.end(data);
  });
}

async function json(url, token, method, path, body) {
  const response = await open(url, token, method, path, body);
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += piece;
  return { status: response.statusCode, value: text && text.startsWith('{') ? JSON.parse(text) : text };
}

/** Tries again for a minute: something may be starting. */
async function patiently(what, attempt) {
  for (const end = Date.now() + 60_000; ; await pause(250 + 500 * Math.random())) {
    try {
      const found = await attempt();
      if (found.status < 500 && found.status !== 429) return found;
      seen.statuses[found.status] = (seen.statuses[found.status] ?? 0) + 1;
    } catch {
      seen.broken++;
    }
    if (Date.now() > end) throw new Error(`${what}: nobody answered for a minute`);
  }
}

/** Reads events into the answer until its end, or until the connection does. */
async function read(response, answer) {
  // One in so many answers loses its reader somewhere on its way.
  const cut = Math.random() < DISCONNECTS ? Math.ceil(Math.random() * WORDS) : Infinity;
  let rest = '';
  let count = 0;
  for await (const piece of response.setEncoding('utf8')) {
    rest += piece;
    for (let at; (at = rest.indexOf('\n\n')) >= 0; rest = rest.slice(at + 2)) {
      const frame = rest.slice(0, at);
      const field = (name) => frame.split('\n').find((line) => line.startsWith(name))?.slice(name.length).trim();
      const [id, name, data] = [field('id:'), field('event:'), field('data:')];
      if (!data) continue;
      if (id) answer.last = id;
      const value = JSON.parse(data);
      if (name === 'start') Object.assign(answer, { run: value.generation_id, message: value.message_id, session: value.session_id });
      if (name === 'delta') {
        answer.text += value.text;
        seen.words++;
        if (++count >= cut) {
          seen.dropped++;
          response.destroy();
          return;
        }
      }
      if (name === 'end') answer.status = value.status;
    }
  }
}

async function ask(url, token) {
  const answer = { text: '', last: '0' };
  const body = { message: 'go', model: `fake/words-${WORDS}@${RATE}`, stream: true };
  try {
    const response = await open(url, token, 'POST', '/api/llm/chat/', body);
    if (response.statusCode !== 200) {
      response.resume();
      seen.refused++;
      seen.statuses[response.statusCode] = (seen.statuses[response.statusCode] ?? 0) + 1;
      await pause(1000);
      return;
    }
    await read(response, answer);
  } catch {
    seen.broken++;
  }
  // Not even begun: nothing was promised.
  if (!answer.run) return void (await pause(500));
  seen.answers++;
  for (const end = Date.now() + 90_000; !answer.status; ) {
    if (Date.now() > end) return void seen.wrong.push(`${answer.run}: no end within 90 s after its reader was cut off`);
    try {
      const response = await open(url, token, 'GET', `/api/llm/generations/${answer.run}/events/?after=${answer.last}`);
      if (response.statusCode === 200) await read(response, answer);
      else {
        response.resume();
        seen.statuses[response.statusCode] = (seen.statuses[response.statusCode] ?? 0) + 1;
      }
    } catch {
      seen.broken++;
    }
    if (!answer.status) await pause(300);
  }
  await judge(url, token, answer);
}

/** Whether every word came once and in order, and is stored. */
async function judge(url, token, answer) {
  const text = answer.text.trim();
  const say = (what) => seen.wrong.push(`${answer.run} (${answer.status}): ${what}`);
  seen[answer.status] = (seen[answer.status] ?? 0) + 1;
  if (!sequence.startsWith(text)) return say(`read ${JSON.stringify(text.slice(-60))}`);
  if (!['done', 'interrupted'].includes(answer.status)) return say('nobody stopped it, and nothing fails');
  if (answer.status === 'done' && text !== sequence) return say(`done after ${text.split(' ').length} words`);
  const { value } = await patiently('what is stored', () => json(url, token, 'GET', `/api/llm/messages/?session_id=${answer.session}&limit=10`));
  const stored = value.items?.find(({ id }) => id === answer.message);
  if (!stored) return say('an answer that was begun is not there');
  // Who was told that it was interrupted may have been told so of a node that comes back with the rest of it.
  const whole = answer.status === 'interrupted' ? stored.content.trim().startsWith(text) : stored.content.trim() === text;
  if (stored.status !== answer.status && answer.status !== 'interrupted') say(`stored as ${stored.status}`);
  if (!whole) say(`stored ${stored.content.trim().split(' ').length} words, read ${text.split(' ').length}`);
}

const installation = await Installation.start({ binary: process.env.LIAO_BIN, nodes: NODES, old: values.old, skew: Number(values.skew), wires: FAULTS.includes('network') });
const { url } = installation;
let failed = false;
try {
  const tokens = [];
  for (let i = 0; i < USERS; i++) {
    const body = { email: `reader${i}@example.org`, name: `Reader ${i}`, password: 'correct horse battery' };
    const { status, value } = await json(url, '', 'POST', '/api/auth/register/', body);
    if (status !== 201) throw new Error(`registration: ${status} ${JSON.stringify(value)}`);
    tokens.push(value.access);
  }
  const begin = Date.now();
  const end = begin + MINUTES * 60_000;
  const readers = Array.from({ length: STREAMS }, async (_, i) => {
    await pause(Math.random() * Math.min(20_000, (WORDS / RATE) * 1000)); // not all in one moment
    while (Date.now() < end) await ask(url, tokens[i % USERS]);
  });
  const faults = (async () => {
    for (let i = 0; FAULTS.length > 0; i++) {
      await pause(EVERY * 1000);
      if (Date.now() > end - 20_000) return;
      const fault = FAULTS[i % FAULTS.length];
      const node = installation.nodes[i % NODES];
      console.log(`${((Date.now() - begin) / 1000).toFixed(0)} s: ${fault === 'node' ? `${node.name} is killed` : fault === 'network' ? 'the last node is cut off' : `${fault} is restarted`}`);
      if (fault === 'node') {
        installation.killNode(node);
        await pause(5_000);
        await installation.startNode(node);
      } else if (fault === 'network') await installation.flap(CUT * 1000);
      else if (fault === 'redis') await installation.restartRedis(3_000);
      else await installation.restartPostgres(3_000);
    }
  })();
  console.log('  s | own memory MiB   | files          | PG | words/s | CPU ms per 1,000 words');
  let before = { words: 0, cpu: 0, at: begin };
  const timer = setInterval(() => {
    const state = installation.state();
    const now = { words: seen.words, cpu: state.reduce((sum, { cpu }) => sum + cpu, 0), at: Date.now() };
    const words = now.words - before.words;
    let connections = '–';
    try {
      connections = installation.connectionsOfPostgres();
    } catch {
      // It is being restarted.
    }
    const cpu = now.cpu >= before.cpu && words > 0 ? (((now.cpu - before.cpu) * 1e6) / words).toFixed(0) : '–';
    const rate = ((words * 1000) / (now.at - before.at)).toFixed(0);
    console.log(
      `${((now.at - begin) / 1000).toFixed(0).padStart(4)} | ${state.map(({ own }) => own.toFixed(0)).join(' ').padEnd(16)} | ${state.map(({ files }) => files).join(' ').padEnd(14)} | ${connections} | ${rate} | ${cpu}`,
    );
    before = now;
  }, 15_000);
  await Promise.all(readers);
  await faults;
  clearInterval(timer);
  await pause(3_000);
  console.log('at rest:', JSON.stringify(installation.state()), 'PostgreSQL:', installation.connectionsOfPostgres());
  const running = installation.sql("SELECT count(*) FROM generations WHERE status = 'running'");
  if (running !== '0') seen.wrong.push(`${running} runs are still called running`);
} catch (error) {
  failed = true;
  console.error(error);
} finally {
  installation.stop();
}
const { wrong, ...rest } = seen;
console.log(JSON.stringify(rest));
console.log(`${wrong.length} wrong`);
for (const line of wrong.slice(0, 40)) console.log('  ' + line);
// Wires are still there.
process.exit(failed || wrong.length > 0 ? 1 : 0);
