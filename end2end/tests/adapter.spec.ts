// Every kind of provider against a mock of its vendor's API that nobody here wrote.
import { LLMock } from '@copilotkit/aimock';
import { type Person, register } from '../fixtures/api';
import { pdf } from '../fixtures/file';
import { Tap } from '../fixtures/tap';
import { expect, test as base } from '../fixtures/test';

const KEY = 'sk-mock-0123456789abcdef';
/** Kind, what it wants behind the mock's address, a model, and which of two APIs. */
const KINDS = [
  ['openai', '/v1', 'gpt-4o-mini', 'chat'],
  ['openai', '/v1', 'gpt-4o-mini', 'responses'],
  ['anthropic', '', 'claude-sonnet-4-5', 'chat'],
  ['gemini', '', 'gemini-2.5-flash', 'chat'],
  // What the mock's list of models has: Ollama's list is all that it has.
  ['ollama', '', 'gpt-4o', 'chat'],
] as const;
const LONG = Array.from({ length: 200 }, (_, i) => `w${i + 1}`).join(' ');

const REPORT = pdf('report.pdf', 'Tea grows on hills.');

const test = base.extend<{ mock: LLMock; tap: Tap; boss: Person }>({
  mock: async ({}, use) => {
    const mock = new LLMock({ port: 0 });
    mock.onMessage('greet', { content: '你好, **world**!' });
    mock.onMessage('think', { content: 'Because.', reasoning: 'Let me see.' });
    mock.onMessage('count', { content: LONG }, { chunkSize: 7 });
    mock.onMessage('look around', { toolCalls: [{ name: 'look', arguments: '{"where":"north"}' }] });
    mock.onMessage('What does it say', { content: 'About tea.' });
    mock.onMessage('refuse me', { error: { message: 'The key is not right.', type: 'authentication_error' }, status: 401 });
    mock.onMessage('slow down', { error: { message: 'Not so fast.', type: 'rate_limit_error' }, status: 429, retryAfter: 0 });
    await mock.start();
    await use(mock);
    await mock.stop();
  },
  // The mock keeps what it understood; what matters of a file is what was sent.
  tap: async ({ mock }, use) => {
    const tap = new Tap();
    await tap.start(mock.baseUrl);
    await use(tap);
    await tap.stop();
  },
  boss: async ({ ownServer }, use) => use(await register(ownServer.url, 'Ada')),
});

interface Answer {
  status: number;
  body: { content?: string; reasoning?: string; usage?: { input_tokens: number; output_tokens: number }; detail?: string; id?: string };
}

/** A caller of the API as this person. */
function caller(server: string, { access }: Person) {
  return async (path: string, body: unknown, method = 'POST'): Promise<Answer> => {
    const headers = { authorization: `Bearer ${access}`, ...(body instanceof FormData ? {} : { 'content-type': 'application/json' }) };
    const response = await fetch(`${server}${path}`, { method, headers, body: body instanceof FormData ? body : JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  };
}

for (const [kind, path, model, api] of KINDS) {
  test(`${kind}, ${api}: text, reasoning, tools, files, usage and errors arrive as the vendor sends them`, async ({ mock, tap, ownServer, boss }) => {
    const post = caller(ownServer.url, boss);
    const added = await post('/api/llm/configs/', { slug: 'mock', kind, api, base_url: `${tap.url}${path}`, api_key: KEY, enabled: true, private: true });
    expect(added.status).toBe(201);
    const ask = (message: string) => post('/api/llm/chat/', { message, model: `mock/${model}` });
    await expect.poll(async () => (await ask('greet')).status).toBe(200);

    const greeting = await ask('greet');
    expect(greeting.body.content).toBe('你好, **world**!');
    // The mock counts nothing for some vendors; what matters is that its count arrives.
    expect(greeting.body.usage).toMatchObject({ input_tokens: expect.any(Number), output_tokens: expect.any(Number) });
    const thought = await ask('think');
    expect(thought.body.content).toBe('Because.');
    // The mock names Ollama's thinking as OpenAI's vendors do; Ollama itself does not.
    if (kind !== 'ollama') expect(thought.body.reasoning).toBe('Let me see.');
    expect((await ask('count')).body.content).toBe(LONG);
    // Nobody here runs a tool: the answer has failed, and administrators read which one it was.
    const called = await ask('look around');
    expect(called.status).toBe(502);
    expect(called.body.detail).toContain('look');

    // A PDF file goes as it is to a model that reads it, where the vendor has a place for it, and as its text elsewhere.
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(REPORT.buffer)]), REPORT.name);
    const { body: sent } = await post('/api/files/', form);
    const about = () => post('/api/llm/chat/', { message: 'What does it say?', model: `mock/${model}`, attachments: [sent.id] });
    // It is read in the background.
    await expect.poll(async () => (await about()).body.content).toBe('About tea.');
    const whole = REPORT.buffer.toString('base64');
    expect(tap.bodies.at(-1)).toContain('Tea grows on hills.');
    expect(tap.bodies.at(-1)).not.toContain(whole);
    expect((await post(`/api/llm/configs/${added.body.id}/models/${model}/`, { abilities: { files: true } }, 'PATCH')).status).toBe(200);
    expect((await about()).body.content).toBe('About tea.');
    const asked = tap.bodies.at(-1)!;
    expect([asked.includes(whole), asked.includes('Tea grows on hills.')]).toEqual(kind === 'ollama' ? [false, true] : [true, false]);
    expect(asked).toContain('report.pdf');

    const refused = await ask('refuse me');
    expect(refused.status).toBe(502);
    expect(refused.body.detail).toContain('The key is not right.');
    // A key that was refused is set aside until somebody has seen to it.
    const aside = mock.getRequests().length;
    expect((await ask('greet')).status).toBe(502);
    expect(mock.getRequests().length, 'nobody was asked').toBe(aside);
    expect((await post(`/api/llm/configs/${added.body.id}/again/`, {})).status).toBe(200);
    const before = mock.getRequests().length;
    expect((await ask('slow down')).status).toBe(502);
    expect(mock.getRequests().length - before, 'asked once, and three times again').toBe(4);
  });
}
