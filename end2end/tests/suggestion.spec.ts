// Questions that may come next and tags of new chats, suggested by a model; and the order of providers. With and without scripts.
import { LLMock } from '@copilotkit/aimock';
import { type Person, converse, register } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { expect, signIn, test as base } from '../fixtures/test';

const MODEL = 'mock/gpt-4o-mini';
const QUESTION = 'What is a lifetime?';

const test = base.extend<{ mock: LLMock; boss: Person }>({
  mock: async ({}, use) => {
    const mock = new LLMock({ port: 0 });
    mock.onMessage(/most likely to ask next/, { content: `${QUESTION}\nAnd in <b>C</b>?` });
    mock.onMessage(/tags for this conversation/, { content: 'memory, rust' });
    mock.onMessage(/Write a title/, { content: 'Borrowing' });
    mock.onMessage(/lifetime/, { content: 'A lifetime is a region.' });
    mock.onMessage(/borrow/, { content: 'It borrows.' });
    await mock.start();
    await use(mock);
    await mock.stop();
  },
  boss: async ({ ownServer, mock }, use) => {
    const boss = await register(ownServer.url, 'Ada');
    const call = async (method: string, path: string, body: unknown): Promise<void> => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${boss.access}` };
      const answer = await fetch(`${ownServer.url}${path}`, { method, headers, body: JSON.stringify(body) });
      expect(answer.ok, `${path}: ${answer.status}`).toBe(true);
    };
    const provider = { slug: 'mock', kind: 'openai', base_url: `${mock.baseUrl}/v1`, api_key: 'sk-mock-0123456789abcdef', private: true };
    await call('POST', '/api/llm/configs/', provider);
    await call('PUT', '/api/llm/suggestions/', { tags: true, follow_ups: true });
    await use(boss);
  },
});

test('a question that may come next is asked by a click, and disappears with it', async ({ page, ownServer, boss }) => {
  await signIn(page, boss, ownServer.url);
  await page.goto(ownServer.url);
  const chat = new Chat(page);
  await chat.alive();
  await chat.ask('why does it borrow?', MODEL);
  const next = page.locator('.follow-ups').getByRole('button', { name: QUESTION });
  await expect(next, 'it comes by itself').toBeVisible({ timeout: 20_000 });
  await expect(page.locator('.follow-ups b'), 'what a model writes is text').toHaveCount(0);
  await next.click();
  await expect(page.locator('.answer').last()).toContainText('A lifetime is a region.');
  await expect(page.locator('.answer').first().locator('.follow-ups')).toBeHidden();
  await page.reload();
  await expect(page.locator('.answer').last().locator('.follow-ups button')).toHaveCount(2);
  await page.goto(`${ownServer.url}/chats`);
  await expect(page.getByText('memory').first()).toBeVisible();
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });
  test.beforeEach(({ clean }) => clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/));

  test('the questions are a form', async ({ page, ownServer, boss }) => {
    const chat = await converse(ownServer.url, boss, 'why does it borrow?', MODEL);
    await signIn(page, boss, ownServer.url);
    await expect(async () => {
      await page.goto(`${ownServer.url}/chat/${chat}`);
      await expect(page.locator('.follow-ups button')).toHaveCount(2, { timeout: 1000 });
    }).toPass();
    await page.getByRole('button', { name: QUESTION }).click();
    await expect(page.locator('.answer').last()).toContainText('A lifetime is a region.', { timeout: 20_000 });
  });

  test('providers are put in order by arrows', async ({ page, ownServer, boss }) => {
    await signIn(page, boss, ownServer.url);
    await page.goto(`${ownServer.url}/admin/providers`);
    const names = page.locator('.provider h2');
    const before = await names.allTextContents();
    await page.getByRole('button', { name: `Move ${before[1]} up` }).click();
    await expect(names.first()).toHaveText(before[1] ?? '');
  });
});
