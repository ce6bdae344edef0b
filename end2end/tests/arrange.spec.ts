// Chats and folders are moved: dragged, by keys, with a way back; and by forms where there are no scripts.
import type { Page } from '@playwright/test';
import { converse, type Person } from '../fixtures/api';
import { LOOKS, sound } from '../fixtures/look';
import { expect, signIn, test } from '../fixtures/test';

async function made(server: string, person: Person, path: string, body: unknown): Promise<string> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${person.access}` };
  const answer = await fetch(`${server}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

async function kept(server: string, person: Person, path: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${server}${path}`, { headers: { authorization: `Bearer ${person.access}` } });
  return (await answer.json()) as Record<string, unknown>;
}

/** Until the page is alive, and what moves rows is there. */
async function alive(page: Page): Promise<void> {
  await page.waitForFunction(() => document.body.style.getPropertyValue('--copy-label') !== '');
  await page.locator('.sidebar .chats').hover();
  // It may have come before: the pointer rested there while the page was loaded.
  await page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/arrange.js')));
}

test.describe('with scripts', () => {
  test('chats and folders are dragged, moved by keys, and put back', async ({ page, person, server, clean }) => {
    clean.allow(/422/, /sessions\/bulk\//);
    const [alpha, beta] = [await converse(server.url, person, 'Alpha', 'fake/echo@0'), await converse(server.url, person, 'Beta', 'fake/echo@0')];
    const garden = await made(server.url, person, '/api/llm/folders/', { name: 'Garden' });
    const peas = await made(server.url, person, '/api/llm/folders/', { name: 'Peas' });
    const folderOf = async (id: string) => (await kept(server.url, person, `/api/llm/sessions/${id}/`)).folder_id;
    await signIn(page, person);
    await page.goto('/chats/archived');
    await alive(page);
    const row = (title: string) => page.locator('.sidebar .chat-row > a').filter({ hasText: title });
    const folder = (name: string) => page.locator('.side-folders a').filter({ hasText: name });
    const told = page.locator('.toasts.live');

    // A chat onto a folder, and back.
    await row('Alpha').dragTo(folder('Garden'));
    await expect(told).toContainText('Moved to “Garden”: Alpha');
    expect(await folderOf(alpha)).toBe(garden);
    await told.getByRole('button', { name: 'Undo' }).click();
    await expect(told).toContainText('Undone.');
    expect(await folderOf(alpha)).toBeNull();

    // What is pinned stands above; the place for it is there while something is dragged.
    await row('Beta').hover();
    await page.mouse.down();
    await page.mouse.move(5, 400, { steps: 3 });
    await expect(page.locator('.drop-places')).toContainText('No folder');
    await page.locator('[data-deed=pin]').hover();
    await expect(page.locator('[data-over]')).toHaveText('Pin');
    await page.screenshot({ path: 'artifacts/arrange-drag.png' });
    await page.mouse.up();
    await expect(told).toContainText('Pinned: Beta');
    await expect(page.locator('.sidebar section').filter({ has: page.getByRole('heading', { name: 'Pinned' }) }).locator('.chat-row')).toHaveText(/Beta/);

    // A folder into a folder; not into itself, whatever the server has to say.
    await folder('Peas').dragTo(folder('Garden'));
    await expect(told).toContainText('Moved to “Garden”: Peas');
    expect((await kept(server.url, person, `/api/llm/folders/${peas}/`)).parent_id).toBe(garden);
    await expect(page.locator('.side-folders li').filter({ hasText: 'Peas' })).toHaveCSS('--depth', '1');
    await folder('Garden').dragTo(folder('Peas'));
    await expect(told).toContainText('It cannot stand there');
    expect((await kept(server.url, person, `/api/llm/folders/${garden}/`)).parent_id).toBeNull();

    // The same by keys: M, arrows, Enter; the focus comes back.
    await row('Alpha').focus();
    await page.keyboard.press('m');
    const dialog = page.getByRole('dialog', { name: 'Move “Alpha” to' });
    await expect(dialog).toBeVisible();
    await sound(page, 'arrange-dialog', true);
    await expect(dialog.getByRole('button', { name: 'Pin' })).toBeFocused();
    for (let n = 0; n < 3; n += 1) await page.keyboard.press('ArrowDown');
    await expect(dialog.getByRole('button', { name: 'Peas' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(told).toContainText('Moved to “Peas”: Alpha');
    await expect(row('Alpha')).toBeFocused();
    expect(await folderOf(alpha)).toBe(peas);

    // All that are chosen in a list.
    await page.goto('/chats');
    await alive(page);
    await page.getByLabel('Choose all').check();
    await page.locator('.shelf-row a[data-open]').first().dragTo(folder('Garden'));
    await expect(told).toContainText('Moved to “Garden”: 2 chats');
    await expect(page.locator('.shelf-row .shelf-folder')).toHaveText(['Garden', 'Garden']);
    await expect(page.getByText('0 chosen')).toBeVisible();
    await told.getByRole('button', { name: 'Undo' }).click();
    await expect(page.locator('.shelf-row .shelf-folder')).toHaveText(['Peas']);
    expect([await folderOf(alpha), await folderOf(beta)]).toEqual([peas, null]);

    // What cannot be done is said, and nothing is lost.
    await page.route('**/api/llm/sessions/bulk/', (route) => route.abort());
    await row('Alpha').dragTo(folder('Garden'));
    await expect(told).toContainText('It could not be moved. Everything is as it was.');
    expect(await folderOf(alpha)).toBe(peas);
  });
});

test.describe('without scripts, on a phone, in Chinese, in the dark', () => {
  test.use(LOOKS['without scripts, on a phone, in Chinese, in the dark']);

  test('a chat is moved by the form of its place', async ({ page, person, server, clean }) => {
    clean.allow(/\.js csp$/, /\.wasm was preloaded using link preload but not used/);
    const id = await converse(server.url, person, 'Alpha', 'fake/echo@0');
    const garden = await made(server.url, person, '/api/llm/folders/', { name: 'Garden' });
    await signIn(page, person);
    await page.goto(`/chat/${id}`);
    await page.locator('[popovertarget=chat-menu]').click();
    await page.locator(`#chat-menu a[href="/chats/edit/${id}"]`).click();
    await page.locator('select[name=folder]').selectOption(garden);
    await page.getByRole('button', { name: '保存' }).click();
    await expect(page).toHaveURL(`/chat/${id}`);
    await page.goto(`/chats?folder=${garden}`);
    await expect(page.locator('.shelf-row')).toContainText('Alpha');
    await sound(page, 'arrange', false);
  });
});
