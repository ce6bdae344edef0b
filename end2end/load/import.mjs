// A file of a gigabyte, as ChatGPT writes its exports, taken by the real program: what it takes of memory, disk and time, and whether the
// second time brings nothing twice.
//
//   LIAO_BIN=…/liao node load/import.mjs --megabytes 1024
//
// Ends with 1 if a conversation is missing or there twice, or if memory grew by more than 32 MiB and a sixteenth of the file.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { megabytes: { type: 'string', default: '1024' }, messages: { type: 'string', default: '60' } } });
const BYTES = Number(values.megabytes) * 1024 * 1024;
const MESSAGES = Number(values.messages);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// Words of several scripts; what a random number takes of them.
const WORDS = 'the of and to in is that for it as was with be by on not he his but at are this have from or had an they which one you were her all she there would their we him been has when who will more no if out so said what 今天 天气 很好 我们 一起 学习 编程 数据库 查询 速度 fn main() { } SELECT * FROM naïve café Straße Привет мир'.split(' ');
let seed = 0x2545f491;
const roll = (most) => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0), seed % most);
const text = () => Array.from({ length: 60 + roll(240) }, () => WORDS[roll(WORDS.length)]).join(' ');

/** A conversation as ChatGPT's export has it: a tree of messages by their ids. */
function conversation(number) {
  const id = (index) => `c${number}-m${index}`;
  const mapping = { [id(0)]: { id: id(0), message: null, parent: null, children: [id(1)] } };
  for (let index = 1; index <= MESSAGES; index++) {
    const message = {
      id: id(index),
      author: { role: index % 2 ? 'user' : 'assistant' },
      create_time: 1_700_000_000 + number * 1000 + index,
      content: { content_type: 'text', parts: [text()] },
      metadata: index % 2 ? {} : { model_slug: 'gpt-4o' },
    };
    mapping[id(index)] = { id: id(index), message, parent: id(index - 1), children: index < MESSAGES ? [id(index + 1)] : [] };
  }
  const at = 1_700_000_000 + number * 1000;
  return JSON.stringify({ title: `Conversation ${number}`, create_time: at, update_time: at + MESSAGES, mapping, current_node: id(MESSAGES), conversation_id: `c${number}` });
}

const folder = mkdtempSync(join(tmpdir(), 'liao-import-'));
const env = { PATH: '/usr/bin:/bin', LIAO_ADDR: '127.0.0.1:0', LIAO_DATA_DIR: folder, LIAO_FAKE_PROVIDER: 'true', LIAO_OLLAMA_URL: 'off', LIAO_LOG: 'error' };
const liao = spawn(process.env.LIAO_BIN, ['serve'], { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
const url = await new Promise((found) => liao.stdout.on('data', (data) => { const at = /ready: (http:\S+)/.exec(String(data)); if (at) found(at[1]); }));

/** Memory of the process that is its own, and what it uses of the processor so far, in MiB and seconds. */
function state() {
  const status = readFileSync(`/proc/${liao.pid}/status`, 'utf8');
  const [, , , , , , , , , , , user, system] = readFileSync(`/proc/${liao.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return { own: Number(/RssAnon:\s+(\d+)/.exec(status)[1]) / 1024, cpu: (Number(user) + Number(system)) / 100 };
}

let token = '';
async function ask(method, path, body) {
  const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
  const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  const value = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${value}`);
  return value && JSON.parse(value);
}

/** Sends the file as a form does, as it is made: nobody has it whole. */
function send() {
  seed = 0x2545f491;
  const boundary = randomBytes(12).toString('hex');
  return new Promise((sent, failed) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': `multipart/form-data; boundary=${boundary}` };
    const request = http.request(`${url}/api/llm/imports/`, { method: 'POST', headers }, async (response) => {
      let answer = '';
      for await (const piece of response.setEncoding('utf8')) answer += piece;
      if (response.statusCode === 202) sent({ ...JSON.parse(answer), made });
      else failed(new Error(`${response.statusCode} ${answer}`));
    });
    request.on('error', failed);
    let made = 0;
    (async () => {
      request.write(`--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="conversations.json"\r\ncontent-type: application/json\r\n\r\n[`);
      for (let bytes = 0; bytes < BYTES; made++) {
        const piece = (made ? ',' : '') + conversation(made);
        bytes += Buffer.byteLength(piece);
        if (!request.write(piece)) await new Promise((drained) => request.once('drain', drained));
      }
      request.end(`]\r\n--${boundary}--\r\n`);
    })();
  });
}

let peak = 0;
const watch = setInterval(() => (peak = Math.max(peak, state().own)), 100);

/** The file once, from its first byte to its report. */
async function whole(what) {
  const begun = { at: Date.now(), ...state() };
  peak = 0;
  const lap = () => `${((Date.now() - begun.at) / 1000).toFixed(0)} s, ${(state().cpu - begun.cpu).toFixed(0)} CPU s`;
  const { id, made } = await send();
  console.log(`${what}: sent after ${lap()}`);
  const until = async (state) => {
    for (;;) {
      const found = await ask('GET', `/api/llm/imports/${id}/`);
      if (found.state === state) return found;
      if (found.state === 'failed') throw new Error(JSON.stringify(found));
      await pause(250);
    }
  };
  const { found } = await until('ready');
  console.log(`${what}: looked through after ${lap()}: ${found.conversations} conversations, ${found.messages} messages, ${found.already} there already`);
  await ask('POST', `/api/llm/imports/${id}/confirm/`);
  const { report } = await until('done');
  console.log(`${what}: taken after ${lap()}; ${report.conversations} conversations, ${report.messages} messages, ${report.already} there already; memory ${begun.own.toFixed(0)} MiB before, ${peak.toFixed(0)} MiB at most`);
  return { made, report, grown: peak - begun.own };
}

let wrong = [];
try {
  token = (await ask('POST', '/api/auth/register/', { email: 'ada@example.org', name: 'Ada', password: 'correct horse battery' })).access;
  const first = await whole('first');
  const second = await whole('second');
  if (first.report.conversations !== first.made) wrong.push(`of ${first.made} conversations ${first.report.conversations} were taken`);
  if (first.report.messages !== first.made * MESSAGES) wrong.push(`of ${first.made * MESSAGES} messages ${first.report.messages} were taken`);
  if (second.report.conversations !== 0) wrong.push(`the second time brought ${second.report.conversations} conversations`);
  for (const { grown } of [first, second]) if (grown > Math.max(32, BYTES / 1024 / 1024 / 16)) wrong.push(`memory grew by ${grown.toFixed(0)} MiB`);
} catch (error) {
  wrong.push(String(error));
} finally {
  clearInterval(watch);
  liao.kill();
  rmSync(folder, { recursive: true, force: true });
}
for (const line of wrong) console.log(line);
process.exit(wrong.length > 0 ? 1 : 0);
