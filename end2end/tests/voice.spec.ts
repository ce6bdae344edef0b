// Dictation with a microphone that beeps, and answers that are read aloud: by models, and by what the browser brings itself.
import AxeBuilder from '../fixtures/axe';
import { LLMock } from '@copilotkit/aimock';
import type { Page } from '@playwright/test';
import type { Person } from '../fixtures/api';
import { expect, test } from '../fixtures/test';

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const executablePath = process.env.LIAO_CHROMIUM ?? '/usr/bin/chromium';

// A microphone that is there; who may use it, each test says.
test.use({ launchOptions: { executablePath, args: [...ARGS, '--use-fake-device-for-media-stream', '--autoplay-policy=no-user-gesture-required'] } });
// They share a server, and set what holds for all of it.
test.describe.configure({ mode: 'serial' });

type Defaults = Partial<Record<'transcription' | 'speech' | 'voice', string | null>>;

async function defaults(server: { url: string }, admin: Person, group: Defaults): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${admin.access}` };
  const answer = await fetch(`${server.url}/api/llm/defaults/`, { method: 'PUT', headers, body: JSON.stringify(group) });
  expect(answer.status, await answer.text()).toBe(200);
}

const mic = (page: Page) => page.getByRole('button', { name: /^(Dictate|语音输入)$/ });
const bar = (page: Page) => page.locator('.voice-bar');
const done = (page: Page) => page.getByRole('button', { name: /^(Done: make it text|完成并转为文字)$/ });
/** The fake microphone beeps once a second. */
const beep = (page: Page) => page.waitForTimeout(1_300);

async function allow(page: Page): Promise<void> {
  await page.context().grantPermissions(['microphone']);
}

async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)}`))).toEqual([]);
}

/** How many microphones are still open, of those that the page asked for. */
async function watchMicrophones(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const tracks: MediaStreamTrack[] = Object.assign(window, { tracks: [] as MediaStreamTrack[] }).tracks;
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await ask(wanted);
      tracks.push(...stream.getTracks());
      return stream;
    };
  });
  return () => page.evaluate(() => (window as unknown as { tracks: MediaStreamTrack[] }).tracks.filter(({ readyState }) => readyState === 'live').length);
}

test('what is said goes to a model of OpenAI’s shape and stands where the caret was', async ({ page, chat, server, admin }) => {
  const mock = new LLMock({ port: 0 });
  mock.onTranscription({ transcription: { text: 'Remind me to water the peas.' } });
  await mock.start();
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${admin.access}` };
  const body = JSON.stringify({ slug: 'mock', kind: 'openai', base_url: `${mock.baseUrl}/v1`, api_key: 'sk-mock-0123456789', enabled: true, private: true });
  expect((await fetch(`${server.url}/api/llm/configs/`, { method: 'POST', headers, body })).status).toBe(201);
  await defaults(server, admin, { transcription: 'mock/whisper-1' });
  await allow(page);
  const open = await watchMicrophones(page);
  await chat.open();
  await chat.composer.fill('First. Last.');
  await chat.composer.evaluate((area: HTMLTextAreaElement) => area.setSelectionRange(6, 6));
  await mic(page).click();
  await expect(page.getByRole('group', { name: 'Recording' })).toBeVisible();
  await expect(done(page)).toBeFocused();
  await expect(page.getByRole('timer')).toHaveText('0:01', { timeout: 4_000 });
  expect(await open()).toBe(1);
  // The level is drawn: some of the meter is in ink.
  const drawn = () => page.locator('.voice-bar canvas').evaluate((canvas: HTMLCanvasElement) => {
    const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(0, 0, canvas.width, canvas.height);
    return data.some((value, at) => at % 4 === 3 && value > 0);
  });
  expect(await drawn()).toBe(true);
  await accessible(page);
  await page.screenshot({ path: 'artifacts/voice-recording.png' });
  await done(page).click();
  await expect(chat.composer).toHaveValue('First. Remind me to water the peas. Last.');
  await expect(chat.composer).toBeFocused();
  await expect(bar(page)).toHaveCount(0);
  expect(await open(), 'the microphone is let go').toBe(0);
  const [asked] = mock.getRequests().filter(({ path }) => path.endsWith('/audio/transcriptions'));
  expect(asked.headers['content-type']).toContain('multipart/form-data');
  await page.reload();
  await chat.alive();
  await expect(chat.composer, 'it is part of the draft').toHaveValue('First. Remind me to water the peas. Last.');
  await mock.stop();
});

test('by keys: begun with Enter, given up with Escape, and nothing is lost', async ({ page, chat, server, admin }) => {
  await defaults(server, admin, { transcription: 'fake/whisper' });
  await allow(page);
  const open = await watchMicrophones(page);
  await chat.open();
  await chat.composer.fill('A draft.');
  await mic(page).focus();
  await page.keyboard.press('Enter');
  await expect(done(page)).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(bar(page)).toHaveCount(0);
  await expect(mic(page)).toBeFocused();
  await expect(chat.composer).toHaveValue('A draft.');
  expect(await open()).toBe(0);
  await page.keyboard.press('Enter');
  await beep(page);
  await page.keyboard.press('Enter');
  await expect(chat.composer).toHaveValue('A draft. Heard audio/webm: one, two, three.');
  await mic(page).click();
  await expect(done(page)).toBeVisible();
  await page.locator('a[href="/settings/preferences"], a[href="/chats"]').first().evaluate((link: HTMLAnchorElement) => link.click());
  await expect.poll(open, 'whoever leaves lets the microphone go').toBe(0);
});

test('a microphone that is not allowed, not there, silent, or too much: each has its sentence, and the draft stays', async ({ page, chat, server, admin }) => {
  await defaults(server, admin, { transcription: 'fake/whisper' });
  await chat.composer.fill('A draft.');
  await mic(page).click();
  await expect(bar(page).getByRole('alert')).toContainText('may not use the microphone');
  await accessible(page);
  await page.screenshot({ path: 'artifacts/voice-denied.png' });
  await bar(page).getByRole('button', { name: 'Close' }).click();
  await expect(mic(page)).toBeFocused();

  await allow(page);
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('none', 'NotFoundError'));
  });
  await mic(page).click();
  await expect(bar(page).getByRole('alert')).toContainText('There is no microphone');
  await page.keyboard.press('Escape');

  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = async () => new AudioContext().createMediaStreamDestination().stream;
  });
  await mic(page).click();
  await beep(page);
  await done(page).click();
  await expect(bar(page).getByRole('alert')).toContainText('Nothing was heard');
  await page.keyboard.press('Escape');

  await page.route('**/api/llm/voice/', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), max_bytes: 100 } });
  });
  await chat.open();
  await expect(chat.composer).toHaveValue('A draft.');
  await mic(page).click();
  await expect(bar(page).getByRole('alert')).toContainText('which is too much', { timeout: 6_000 });
  await page.keyboard.press('Escape');
  await page.unroute('**/api/llm/voice/');
  await page.route('**/api/llm/voice/', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), max_seconds: 2 } });
  });
  await chat.open();
  await mic(page).click();
  await expect(bar(page).getByRole('alert')).toContainText('Recordings end after', { timeout: 6_000 });
  await expect(chat.composer).toHaveValue('A draft. Heard audio/webm: one, two, three.');
});

test('a provider that fails says so, and the same recording can be tried again', async ({ page, chat, clean, server, admin }) => {
  clean.allow(/502/);
  await defaults(server, admin, { transcription: 'fake/whisper-down' });
  await allow(page);
  await chat.composer.fill('A draft.');
  await mic(page).click();
  await beep(page);
  await done(page).click();
  await expect(bar(page).getByRole('alert')).toContainText('its provider failed', { timeout: 8_000 });
  await defaults(server, admin, { transcription: 'fake/whisper-silence' });
  await bar(page).getByRole('button', { name: 'Try again' }).click();
  await expect(bar(page).getByRole('alert')).toContainText('Nothing was heard');
  await page.keyboard.press('Escape');
  await expect(chat.composer).toHaveValue('A draft.');
});

test('without a model the browser listens itself, and where it cannot, it says so', async ({ page, chat, server, admin }) => {
  await fetch(`${server.url}/api/llm/configs/`, { headers: { authorization: `Bearer ${admin.access}` } })
    .then((answer) => answer.json())
    .then(({ items }: { items: { id: string; slug: string }[] }) => Promise.all(items.filter(({ slug }) => slug === 'mock').map(({ id }) =>
      fetch(`${server.url}/api/llm/configs/${id}/`, { method: 'DELETE', headers: { authorization: `Bearer ${admin.access}` } }))));
  await defaults(server, admin, {});
  await chat.open(); // the model that the page offered is gone
  await page.evaluate(() => {
    Object.assign(window, { SpeechRecognition: undefined, webkitSpeechRecognition: undefined });
  });
  await chat.composer.fill('A draft.');
  await mic(page).click();
  await expect(bar(page).getByRole('alert')).toContainText('No model here turns speech into text');
  await page.keyboard.press('Escape');
  await page.evaluate(() => {
    class Recognition extends EventTarget {
      lang = '';
      start() {
        const results = [Object.assign([{ transcript: 'Good morning' }], { isFinal: true }), Object.assign([{ transcript: ' to' }], { isFinal: false })];
        setTimeout(() => this.dispatchEvent(Object.assign(new Event('result'), { results })), 50);
        Object.assign(window, { listened: this.lang });
      }
      stop() {
        setTimeout(() => this.dispatchEvent(new Event('end')), 10);
      }
      abort() {}
    }
    Object.assign(window, { SpeechRecognition: Recognition });
  });
  await mic(page).click();
  await expect(page.locator('.voice-heard')).toHaveText('Good morning to');
  await done(page).click();
  await expect(chat.composer).toHaveValue('A draft. Good morning');
  expect(await page.evaluate(() => (window as unknown as { listened: string }).listened)).toBe('en');
});

/** A browser's voice that keeps what it was asked to say. */
async function stubVoice(page: Page): Promise<() => Promise<{ text: string; lang: string; voice?: string }[]>> {
  await page.addInitScript(() => {
    const said: { text: string; lang: string; voice?: string }[] = Object.assign(window, { said: [] as never[] }).said;
    class Utterance {
      lang = '';
      voice?: { name: string };
      onend?: () => void;
      onerror?: (event: { error: string }) => void;
      constructor(readonly text: string) {}
    }
    let now: Utterance | undefined;
    const voices = [['Old English', 'en-GB', false], ['English', 'en-US', true], ['普通话', 'zh-CN', true]].map(([name, lang, localService]) => ({ name, lang, localService }));
    const synthesis = {
      getVoices: () => voices,
      speak: (utterance: Utterance) => {
        now = utterance;
        said.push({ text: utterance.text, lang: utterance.lang, voice: utterance.voice?.name });
        if (!utterance.text.includes('w50')) setTimeout(() => utterance.onend?.(), 5);
      },
      cancel: () => {
        const ended = now;
        now = undefined;
        setTimeout(() => ended?.onerror?.({ error: 'canceled' }), 1);
      },
    };
    Object.defineProperty(window, 'speechSynthesis', { value: synthesis });
    Object.assign(window, { SpeechSynthesisUtterance: Utterance });
  });
  return () => page.evaluate(() => (window as unknown as { said: never[] }).said);
}

test('an answer is read by the browser’s voices, each language by its own, without the code', async ({ page, chat }) => {
  const said = await stubVoice(page);
  await chat.open();
  await chat.hear('Show me everything.', 'fake/markdown@0');
  const read = chat.answer.getByRole('button', { name: 'Read aloud' });
  await read.click();
  await expect.poll(async () => (await said()).length).toBeGreaterThan(0);
  await expect(read).toHaveAttribute('aria-pressed', 'false', { timeout: 10_000 });
  const all = await said();
  const text = all.map((one) => one.text).join('\n');
  const code = await chat.answer.locator('figure pre').first().innerText();
  expect(code.length).toBeGreaterThan(10);
  expect(text).not.toContain(code.split('\n')[0]);
  expect(all.every(({ text }) => text.length <= 200)).toBe(true);
  const english = all.filter(({ lang }) => lang.startsWith('en'));
  const chinese = all.filter(({ lang }) => lang === 'zh-CN');
  expect(english.length).toBeGreaterThan(0);
  expect(chinese.length).toBeGreaterThan(0);
  expect(new Set(chinese.map(({ voice }) => voice))).toEqual(new Set(['普通话']));
  expect(new Set(english.map(({ voice }) => voice))).toEqual(new Set(['English']));
  const heading = await chat.answer.locator('.blocks :is(h1, h2)').first().innerText();
  expect(text).toContain(heading.trim());
});

test('reading stops when it is told to, when another answer is read, and when the page is left', async ({ page, chat }) => {
  const said = await stubVoice(page);
  await chat.open();
  await chat.hear('Count.', 'fake/words-100@0');
  const read = chat.answer.getByRole('button', { name: /Read aloud|Stop reading/ });
  await read.click();
  await expect(read).toHaveAccessibleName('Stop reading');
  await expect(read).toHaveAttribute('aria-pressed', 'true');
  await page.screenshot({ path: 'artifacts/voice-reading.png' });
  await expect.poll(async () => (await said()).some(({ text }) => text.includes('w50'))).toBe(true);
  await read.click();
  await expect(read).toHaveAccessibleName('Read aloud');
  const count = (await said()).length;
  await page.waitForTimeout(200);
  expect((await said()).length).toBe(count);
});

test('a model reads where administrators chose one, and where it fails the browser goes on', async ({ page, chat, clean, server, admin }) => {
  await defaults(server, admin, { speech: 'fake/tts' });
  const said = await stubVoice(page);
  const asked: string[] = [];
  page.on('request', (request) => request.url().endsWith('/api/llm/speech/') && asked.push((request.postDataJSON() as { input: string }).input));
  await chat.open();
  await chat.hear('Good morning.', 'fake/echo@0');
  const read = chat.answer.getByRole('button', { name: /Read aloud|Stop reading/ });
  const button = () => expect(read).toHaveAccessibleName('Read aloud', { timeout: 10_000 });
  await read.click();
  await expect.poll(() => asked).toEqual(['Good morning.']);
  await button();
  expect(await said()).toEqual([]);
  clean.allow(/502|status of 502/);
  await page.route('**/api/llm/speech/', (route) => route.fulfill({ status: 502, json: { code: 'upstream' } }));
  await read.click();
  await expect.poll(async () => (await said()).map(({ text }) => text)).toEqual(['Good morning.']);
  await button();
  await defaults(server, admin, {});
});

test.describe('on a phone, in Chinese, in the dark', () => {
  test.use({ locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 390, height: 844 } });

  test('the meter and every sentence fit', async ({ page, chat, server, admin }) => {
    await defaults(server, admin, { transcription: 'fake/whisper' });
    const fits = async () => {
      const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      expect(wide).toBeLessThanOrEqual(room);
    };
    await mic(page).click();
    await expect(bar(page).getByRole('alert')).toContainText('本页面不能使用麦克风');
    await fits();
    await accessible(page);
    await page.screenshot({ path: 'artifacts/voice-denied-phone-zh.png' });
    await page.keyboard.press('Escape');
    await allow(page);
    await mic(page).click();
    await expect(page.getByRole('group', { name: '正在录音' })).toBeVisible();
    await beep(page);
    await fits();
    await page.screenshot({ path: 'artifacts/voice-recording-phone-zh.png' });
    await done(page).click();
    await expect(chat.composer).toHaveValue('Heard audio/webm: one, two, three.');
    await page.screenshot({ path: 'artifacts/voice-done-phone-zh.png' });
  });
});
