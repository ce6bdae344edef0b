// Two devices of one person write in one conversation while their connections come and go, one after the other: no message is lost, doubled or
// out of order, on either page, in the database, or in what was typed. Half a minute by default; LIAO_FLAPPING_SECONDS says for how
// long, LIAO_FLAPPING_PACE how fast they write.
import type { BrowserContext, Page } from '@playwright/test';
import { converse, register, renewed, type Person } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { expect, signIn, test } from '../fixtures/test';
import { Wire } from '../fixtures/wire';

const SECONDS = Number(process.env.LIAO_FLAPPING_SECONDS ?? 28);
/** Without a connection for so many milliseconds of every so many. */
const [AWAY, EVERY] = SECONDS < 180 ? [4_000, 12_000] : [10_000, 30_000];
/** What somebody needs for a message, at least, in milliseconds. */
const PACE = Number(process.env.LIAO_FLAPPING_PACE ?? 2_000);
/** What the browser says of a connection that is not there, and of an answer that is being written where a message asks for another. */
const LOST = [/ERR_(INTERNET_DISCONNECTED|CONNECTION_\w+|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|NETWORK_CHANGED|FAILED|SOCKET_NOT_CONNECTED)/, /WebSocket connection to .* failed/, /Failed to fetch/, /status 409|409 \(Conflict\)/];

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

interface Line { role: 'user' | 'assistant'; text: string; status?: string }

/** Somebody at one of the devices. */
class Device {
  readonly typed: string[] = [];
  /** How often Enter had to be pressed again. */
  again = 0;
  offline = 0;
  readonly chat: Chat;

  constructor(readonly name: string, readonly wire: Wire, readonly context: BrowserContext, readonly page: Page) {
    this.chat = new Chat(page);
  }

  /** Writes the next message, or has what stands in the composer sent again. */
  async write(): Promise<void> {
    if ((await this.chat.composer.inputValue()) === '') {
      const text = `${this.name}${this.typed.length + 1} ${'says this and nothing else so that it takes a while'}`;
      this.typed.push(text);
      await this.chat.composer.fill(text);
    } else this.again += 1;
    await this.chat.composer.press('Enter');
  }

  async flap(until: number, after: number): Promise<void> {
    await pause(after);
    while (Date.now() + AWAY < until) {
      await this.connect(false);
      await pause(AWAY);
      await this.connect(true);
      await pause(EVERY - AWAY);
    }
  }

  async connect(on: boolean): Promise<void> {
    this.offline += on ? 0 : 1;
    if (on) this.wire.plug();
    else this.wire.pull();
    await this.context.setOffline(!on);
  }

  /** The conversation as the page shows it. */
  async shown(): Promise<Line[]> {
    return this.page.locator('.log > article').evaluateAll((articles) =>
      articles.map((article) => {
        const role = article.matches('.question') ? ('user' as const) : ('assistant' as const);
        const text = article.querySelector(role === 'user' ? '.bubble' : ':scope > .blocks')?.textContent?.trim() ?? '';
        return { role, text };
      }),
    );
  }
}

/** All of it, as it is stored. */
async function stored(server: string, person: Person, id: string): Promise<Line[]> {
  const lines: Line[] = [];
  for (let next: string | null = ''; next !== null; ) {
    const answer = await fetch(`${server}/api/llm/messages/?session_id=${id}&limit=200${next && `&after=${next}`}`, { headers: { authorization: `Bearer ${person.access}` } });
    const page = (await answer.json()) as { items: { role: Line['role']; content: string; status: string }[]; next: string | null };
    lines.push(...page.items.map(({ role, content, status }) => ({ role, text: content, status })));
    next = page.next;
  }
  return lines;
}

test('two devices chat while their connections come and go, and every message is there once and in order', async ({ ownServer, browser, clean }) => {
  test.setTimeout(SECONDS * 1000 + 150_000);
  clean.allow(...LOST);
  let person = await register(ownServer.url, 'Ada');
  const id = await converse(ownServer.url, person, 'Hello there', PACE < 1_000 ? 'fake/echo@60' : 'fake/echo@12');
  const devices = await Promise.all(
    ['A', 'B'].map(async (name) => {
      const wire = new Wire();
      await wire.start(ownServer.url);
      const context = await browser.newContext({ baseURL: wire.url });
      clean.watch(context);
      const device = new Device(name, wire, context, await context.newPage());
      await signIn(device.page, person, wire.url);
      await device.chat.open(`${wire.url}/chat/${id}`);
      await expect(device.page.locator('.toasts.live')).toBeAttached({ timeout: 10_000 });
      return device;
    }),
  );

  const until = Date.now() + SECONDS * 1000;
  await Promise.all(
    devices.flatMap((device, n) => [
      device.flap(until, 3_000 + (n * EVERY) / 2),
      (async () => {
        while (Date.now() < until) {
          await device.write();
          await pause(PACE + Math.random() * 2 * PACE);
        }
      })(),
    ]),
  );

  // The lines hold. What came back into a composer is sent again, as somebody would; the rest comes by itself.
  await Promise.all(devices.map((device) => device.connect(true)));
  const api = async (path: string) => (await fetch(`${ownServer.url}${path}`, { headers: { authorization: `Bearer ${person.access}` } })).json();
  person = await renewed(ownServer.url, person);
  const typed = devices.flatMap((device) => device.typed);
  for (const device of devices) {
    await expect
      .poll(async () => {
        if ((await device.chat.composer.inputValue()) !== '') await device.write();
        const waits = await device.page.evaluate(() => localStorage.getItem('liao.outbox'));
        const { items } = (await api(`/api/llm/sessions/${id}/queue/`)) as { items: unknown[] };
        return [await device.chat.composer.inputValue(), waits, items.length];
      }, { timeout: 60_000, intervals: [1_000] })
      .toEqual(['', null, 0]);
  }
  await expect.poll(async () => (await stored(ownServer.url, person, id)).every(({ status }) => status === 'done'), { timeout: 30_000 }).toBe(true);

  const all = await stored(ownServer.url, person, id);
  const asked = all.filter(({ role }) => role === 'user').map(({ text }) => text);
  const again = devices.map((device) => device.again).reduce((sum, n) => sum + n);
  console.log(`${SECONDS} s: ${typed.length} messages typed, ${asked.length - 1} stored; ${devices.map(({ offline }) => offline).join(' + ')} times without a connection; Enter pressed again ${again} times`);
  // In the database: each once, in each device's order, each with its whole answer.
  expect([...asked].sort()).toEqual(['Hello there', ...typed].sort());
  for (const device of devices) expect(asked.filter((text) => text.startsWith(device.name))).toEqual(device.typed);
  expect(all.map(({ role, text }) => [role, text])).toEqual(asked.flatMap((text) => [['user', text], ['assistant', text]]));
  // On both pages, as they are; and once more after they were loaded again, with nothing in the composer.
  const lines = all.map(({ role, text }) => ({ role, text }));
  for (const device of devices) {
    await expect.poll(() => device.shown(), { message: `page ${device.name}`, timeout: 10_000 }).toEqual(lines);
    await expect(device.page.getByRole('alert')).toHaveCount(0);
    await device.chat.open(device.page.url());
    await device.page.waitForTimeout(1_500);
    await expect(device.chat.composer).toHaveValue('');
    const kept = await device.shown();
    expect(kept).toEqual(lines.slice(-kept.length));
    await device.context.close();
    await device.wire.stop();
  }
});
