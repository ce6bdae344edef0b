// What is pressed is large enough: 24 px or apart from others everywhere (WCAG 2.5.8), and 44 px where a finger does the daily work.
import type { Page } from '@playwright/test';
import { converse } from '../fixtures/api';
import { expect, signIn, test } from '../fixtures/test';

/** What is used with a finger, and often. */
const DAILY = [
  '.composer button, .composer [type=submit], .composer-row a',
  '.sidebar .chat-row > a, .sidebar .new-chat, .sidebar .side-links :is(a, button), .side-folders a, .sidebar .chats-more',
  '.chat-header .icon-button, .picker select',
  '.actions :is(button, a)',
  '.menu :is(.menu-item, button, select), dialog :is(button, a, input)',
  '.tree-card, .tree-rest, .pager .button, .panel-actions .button',
].join(', ');

/** Targets of the page that are too small, with their size. */
function small(page: Page, daily: string): Promise<string[]> {
  return page.evaluate((daily) => {
    const TARGETS = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]';
    const seen = (element: Element) => {
      const box = element.getBoundingClientRect();
      const hidden = !element.checkVisibility({ visibilityProperty: true }) || element.closest('[inert], .visually-hidden, .skip');
      // A table's head that is there for the ear alone.
      const heard = (element.closest('thead')?.getBoundingClientRect().width ?? 2) <= 1;
      return !hidden && !heard && box.width > 1 && box.height > 1;
    };
    // A label is a part of what it is the label of.
    const box = (element: Element) => {
      const own = element.getBoundingClientRect();
      const labels = element instanceof HTMLInputElement && ['checkbox', 'radio', 'file'].includes(element.type) ? [...(element.labels ?? [])] : [];
      const all = [own, ...labels.filter(seen).map((label) => label.getBoundingClientRect())];
      const [left, top] = [Math.min(...all.map((one) => one.left)), Math.min(...all.map((one) => one.top))];
      const [right, bottom] = [Math.max(...all.map((one) => one.right)), Math.max(...all.map((one) => one.bottom))];
      return { left, top, right, bottom, width: right - left, height: bottom - top };
    };
    /** A link in a sentence is as high as its line. */
    const inText = (element: Element) => {
      const around = element.parentElement;
      const words = (around?.textContent ?? '').replace(element.textContent ?? '', '').trim();
      return getComputedStyle(element).display === 'inline' && words.length > 0;
    };
    const targets = [...document.querySelectorAll(TARGETS)].filter(seen).map((element) => ({ element, box: box(element) }));
    const apart = (of: (typeof targets)[number]) => {
      const [x, y] = [(of.box.left + of.box.right) / 2, (of.box.top + of.box.bottom) / 2];
      return targets.every(({ element, box }) => {
        if (element === of.element || element.contains(of.element) || of.element.contains(element)) return true;
        const [dx, dy] = [Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom)];
        return Math.hypot(dx, dy) >= 12;
      });
    };
    const wrong: string[] = [];
    for (const target of targets) {
      const { element, box } = target;
      const often = element.matches(daily) && !inText(element);
      const least = often ? 43.9 : 23.9;
      if (box.width >= least && box.height >= least) continue;
      if (!often && (inText(element) || apart(target))) continue;
      wrong.push(`${often ? 44 : 24}: ${Math.round(box.width)}×${Math.round(box.height)} ${(element.cloneNode() as Element).outerHTML.slice(0, 130)} "${element.textContent?.trim().slice(0, 30)}"`);
    }
    return wrong;
  }, daily);
}

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const SETTINGS = ['profile', 'preferences', 'prompts', 'assistants', 'shares', 'security', 'activity', 'usage', 'files', 'data', 'import', 'report'];
const ADMIN = [
  'dashboard', 'calls', 'system', 'users', 'users/new', 'activity', 'online', 'providers', 'models', 'messages', 'reports', 'feedback', 'alerts', 'operation', 'logs',
  'settings/registration', 'settings/mail', 'settings/security', 'settings/oauth',
];

test.describe('on a phone', () => {
  test.use(PHONE);

  test('every target is large enough for a finger', async ({ page, browser, admin, server }) => {
    const wrong: string[] = [];
    const look = async (name: string, page: Page) => {
      wrong.push(...(await small(page, DAILY)).map((line) => `${name} ${line}`));
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${name} is wider than the phone`).toBe(true);
    };
    const id = await converse(server.url, admin, 'Peas and tides', 'fake/echo@0');
    const headers = { authorization: `Bearer ${admin.access}`, 'content-type': 'application/json' };
    await fetch(`${server.url}/api/llm/folders/`, { method: 'POST', headers, body: JSON.stringify({ name: 'Garden' }) });
    await signIn(page, admin);
    await page.goto(`/chat/${id}`);
    await page.waitForFunction(() => document.body.style.getPropertyValue('--copy-label') !== '');
    await page.getByRole('button', { name: 'Answer again' }).tap();
    await expect(page.locator('.branch')).toContainText('2/2');
    await expect(page.locator('rate-answer button').first()).toBeVisible();
    await look('chat', page);
    for (const name of ['Settings of this chat', 'Chat menu']) {
      await page.getByRole('button', { name, exact: true }).tap();
      await expect(page.locator('.menu:popover-open form').last()).toBeVisible();
      await look(name, page);
      await page.keyboard.press('Escape');
    }
    await page.locator('.open-sidebar').tap();
    await expect(page.locator('.sidebar .new-chat')).toBeInViewport({ ratio: 1 });
    await look('sidebar', page);
    await page.screenshot({ path: 'artifacts/target-sidebar.png' });
    // What the server writes is all that is looked at here, so nothing has to be alive.
    const plain = await browser.newContext({ ...PHONE, baseURL: server.url, javaScriptEnabled: false, storageState: await page.context().storageState() });
    const still = await plain.newPage();
    const paths = ['/', '/chats', '/chats/archived', '/chats/folders', '/chats/folders?add=1', `/chats/edit/${id}`, `/chats/tree/${id}`, `/context/${id}`, '/search?q=peas'];
    for (const path of [...paths, ...SETTINGS.map((page) => `/settings/${page}`), ...ADMIN.map((page) => `/admin/${page}`)]) {
      await still.goto(path);
      await expect(still.locator('main h1')).toBeVisible();
      await look(path, still);
    }
    await plain.close();
    expect(wrong).toEqual([]);
  });
});
