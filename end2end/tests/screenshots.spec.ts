// A picture of every page, to be looked at: end2end/artifacts; and where everything stands on it, compared with what is kept: end2end/layout.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { converse, register } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { Layouts } from '../fixtures/layout';
import { expect, signIn, test } from '../fixtures/test';

const DESKTOP = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };
const ARTIFACTS = 'artifacts';

const LOOKS = [
  { name: 'light-desktop', colorScheme: 'light', viewport: DESKTOP, locale: 'en-US', isMobile: false },
  { name: 'dark-desktop-zh', colorScheme: 'dark', viewport: DESKTOP, locale: 'zh-CN', isMobile: false },
  { name: 'light-phone', colorScheme: 'light', viewport: PHONE, locale: 'en-US', isMobile: true },
  { name: 'dark-phone-zh', colorScheme: 'dark', viewport: PHONE, locale: 'zh-CN', isMobile: true },
] as const;

/** The pages of settings and administration, from the routes themselves: a new one cannot be forgotten. */
const AREAS = [...readFileSync(join(__dirname, '../../src/app/mod.rs'), 'utf8').matchAll(/path!\("(\/(?:settings|admin)\/[^":]+)"\)/g)]
  .map(([, path]) => path!);

/** Nothing is wider than the page, or cut off at its edge: a phone does not scroll sideways. */
async function fits(page: Page): Promise<void> {
  const rooms = await page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('.scroll')].map((room) => [room.scrollWidth, room.clientWidth] as const),
  );
  for (const [wide, room] of rooms) expect(wide).toBeLessThanOrEqual(room);
}

for (const { name, isMobile, ...look } of LOOKS) {
  test.describe(`pictures, ${name}`, () => {
    test.use({ ...look, ...(isMobile ? { isMobile, hasTouch: true, deviceScaleFactor: 2 } : {}) });

    let layouts: Layouts;
    test.beforeEach(({}, info) => {
      layouts = new Layouts(`${name}-${info.title.replaceAll(' ', '-')}`);
    });
    test.afterEach(({}, info) => {
      if (info.status !== 'passed') return;
      expect(layouts.changes(), 'the layout is another; if that is meant: UPDATE=1 npx playwright test screenshots').toEqual([]);
    });

    const take = async (page: Page, what: string, moves = false) => {
      await fits(page);
      await page.screenshot({ path: `${ARTIFACTS}/${what}-${name}.png`, animations: 'disabled' });
      if (!moves) await layouts.look(page, what);
    };

    test('before sign-in', async ({ page, person, clean }) => {
      clean.allow(/404/);
      await page.goto('/login');
      await take(page, 'login');
      await page.locator('input[name=email]').fill(person.email);
      await page.locator('input[name=password]').fill('surely not this');
      await page.locator('form:has(input[name=password]) button[type=submit]').click();
      await expect(page.getByRole('alert')).toBeVisible();
      await take(page, 'login-refused');
      await page.goto('/register');
      await take(page, 'register');
      await page.goto('/no/such/page');
      await take(page, 'not-found');
    });

    test('a chat', async ({ chat, person, server, clean }) => {
      clean.allow(/404/);
      const { page } = chat;
      await take(page, 'chat-empty');
      const id = await converse(server.url, person, 'Show me everything that you can write', 'fake/markdown@0');
      await converse(server.url, person, '周报：第 47 周要点', 'fake/echo@0');
      await chat.open(`/chat/${id}`);
      await take(page, 'chat-markdown-end');
      await chat.answer.getByRole('heading', { level: 1 }).scrollIntoViewIfNeeded();
      await chat.question.evaluate((element) => element.scrollIntoView());
      await take(page, 'chat-markdown');
      await chat.answer.getByRole('table').evaluate((element) => element.scrollIntoView({ block: 'center' }));
      await take(page, 'chat-markdown-table');
      await chat.open(`/chat/${await converse(server.url, person, 'Think before you answer', 'fake/reasoning@0')}`);
      await chat.answer.locator('summary').click();
      await take(page, 'reasoning');
      await chat.ask('And now fail', 'fake/fail-auth');
      await expect(chat.answer.getByRole('alert')).toBeVisible();
      await take(page, 'failed');
      await chat.ask('Count slowly', 'fake/words-400@60');
      await expect(chat.prose).toContainText('w60');
      await take(page, 'streaming', true);
      await chat.stop.click();
      await chat.finished();
      await take(page, 'stopped', true);
      await page.goto('/chat/01a20740-0000-7000-8000-000000000000');
      await take(page, 'chat-not-found');
    });

    test('menus', async ({ chat, person, server }) => {
      const { page } = chat;
      await chat.open(`/chat/${await converse(server.url, person, 'A short question', 'fake/echo@0')}`);
      await page.locator('button[popovertarget=chat-menu]').click();
      await expect(page.locator('#chat-menu form').last()).toBeVisible();
      await take(page, 'chat-menu');
      await page.keyboard.press('Escape');
      if (isMobile) await page.locator('button[popovertarget=sidebar]').click();
      await take(page, 'sidebar');
      await page.getByRole('button', { name: /Account and settings|账号与设置/ }).click();
      await take(page, 'account-menu');
    });

    test('how models are asked', async ({ page, ownServer }) => {
      const admin = await register(ownServer.url, 'Ada');
      const keep = (what: string, data: object) =>
        page.request.post(`${ownServer.url}/api/llm/${what}/`, { data, headers: { authorization: `Bearer ${admin.access}` } });
      await keep('prompts', { title: 'Summarise', command: 'sum', body: 'In {{sentences|three}} sentences:\n\n{{text:lines}}' });
      await keep('prompts', { title: 'Say it kindly to somebody who has waited for an answer for far too long', command: 'kind', body: 'Kindly: ', shared: true });
      const greeting = 'What grows, and what does not?\nTell me where you live.';
      await keep('assistants', { name: 'Gardener', icon: '🌱', greeting, starters: ['Tomatoes in the shade?'], system_prompt: 'You garden.', temperature: 0.3 });
      for (const assistant of ['Translator', '周报助手', 'Reviewer of very long documents']) await keep('assistants', { name: assistant, shared: true });
      await signIn(page, admin, ownServer.url);
      const chat = new Chat(page);
      await chat.alive();
      await take(page, 'cards');
      await page.getByRole('link', { name: 'Gardener' }).click();
      await expect(page.getByText('What grows')).toBeVisible();
      await take(page, 'assistant-chosen');
      await page.locator('button[popovertarget=chat-setup]').click();
      await expect(page.locator('#system_prompt')).toHaveValue('You garden.');
      await take(page, 'setup-new');
      await page.keyboard.press('Escape');
      await chat.composer.pressSequentially('/');
      await expect(page.locator('#slash').getByRole('option').first()).toBeVisible();
      await take(page, 'slash');
      await chat.composer.pressSequentially('nothing');
      await expect(page.locator('.slash-none')).toBeVisible();
      await take(page, 'slash-none');
      await chat.composer.fill('/su');
      await expect(page.locator('#slash').getByRole('option')).toHaveCount(1);
      await chat.composer.press('Enter');
      await expect(page.getByRole('dialog').filter({ has: page.locator('#place-0') })).toBeVisible();
      await take(page, 'places');
      await page.keyboard.press('Escape');
      await chat.composer.fill('Hello');
      await chat.hear('Hello', 'fake/echo@0');
      await page.locator('button[popovertarget=chat-setup]').click();
      await expect(page.locator('#system_prompt')).toHaveValue('You garden.');
      await take(page, 'setup-chat');
      for (const [what, path] of Object.entries({ prompts: '/settings/prompts', 'prompt-form': '/settings/prompts?add=1', assistants: '/settings/assistants', 'assistant-form': '/settings/assistants?add=1' })) {
        await chat.open(`${ownServer.url}${path}`);
        await page.setViewportSize({ ...look.viewport, height: 1400 });
        await take(page, what);
        await page.setViewportSize(look.viewport);
      }
      await chat.open(`${ownServer.url}/settings/prompts`);
      await page.getByRole('link', { name: /^(Delete|删除)$/ }).first().click();
      await take(page, 'prompt-delete');
    });

    test('settings and administration', async ({ page, ownServer }) => {
      test.slow(); // some thirty pages
      expect(AREAS.length).toBeGreaterThan(12);
      const admin = await register(ownServer.url, 'Ada');
      await signIn(page, admin, ownServer.url);
      for (const path of AREAS) {
        await new Chat(page).open(`${ownServer.url}${path}`);
        await expect(page.locator('main h1, header h1, h1').first(), path).toBeVisible();
        await fits(page);
        // The page scrolls within its frame: a window as high as all of it.
        const height = await page.evaluate(() => Math.max(...Array.from(document.querySelectorAll('main, main *'), (one) => one.scrollHeight)));
        await page.setViewportSize({ ...look.viewport, height: Math.min(height + 100, 4000) });
        const file = path.slice(1).replaceAll('/', '-');
        await page.screenshot({ path: `${ARTIFACTS}/area-${file}-${name}.png`, animations: 'disabled' });
        await layouts.look(page, file);
        await page.setViewportSize(look.viewport);
      }
    });

    test('providers', async ({ page, ownServer }) => {
      await signIn(page, await register(ownServer.url, 'Ada'), ownServer.url);
      await new Chat(page).open(`${ownServer.url}/admin/providers`);
      await page.getByRole('button', { name: /Test connection|测试连接/ }).last().click();
      await expect(page.getByRole('status').filter({ hasText: /ms|毫秒/ })).toBeVisible();
      await take(page, 'providers');
      await page.getByRole('link', { name: /Add a provider|添加模型服务/ }).click();
      await expect(page.locator('input[name=slug]')).toBeVisible();
      await take(page, 'provider-form');
    });
  });
}
