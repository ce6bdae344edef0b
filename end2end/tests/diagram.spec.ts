// Diagrams in Mermaid's language: drawn when their fence is closed and somebody comes to see them, looked at, saved, and their source when they are faulty.
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { converse } from '../fixtures/api';
import { Chat } from '../fixtures/chat';
import { SCREENS, sound } from '../fixtures/look';
import { watchTransfer } from '../fixtures/measure';
import { expect, signIn, test } from '../fixtures/test';

test.use({ permissions: ['clipboard-read', 'clipboard-write'] });

const WORDS = {
  'en-US': {
    tools: 'With this diagram', source: 'Source', larger: 'Larger', whole: 'Whole diagram', svg: 'Save as SVG', png: 'Save as PNG', copy: 'Copy',
    fault: 'This diagram cannot be drawn: there is a fault in its source.', image: 'Diagram',
  },
  'zh-CN': {
    tools: '对此图表的操作', source: '源码', larger: '放大', whole: '完整显示', svg: '保存为 SVG', png: '保存为 PNG', copy: '复制', fault: '无法绘制此图表：源码有误。', image: '图表',
  },
} as const;

const FLOW = 'graph TD\n  A[开始] --> B{Good?}\n  B -->|yes| C[Done]\n  B -->|no| A';
const HOSTILE = 'graph TD\n  A["<img src=x onerror=alert(1)><script>alert(2)</script>word"] --> B\n  click B href "javascript:alert(3)"';
const fence = (text: string, language = 'mermaid') => `\`\`\`${language}\n${text}\n\`\`\``;
const figure = (page: Page, at: number) => page.locator('figure.code:has(code.language-mermaid)').nth(at);

for (const [locale, look] of SCREENS) {
  test.describe(`${locale}, ${look.colorScheme}`, () => {
    test.use({ locale, ...look });

    test('a diagram is drawn where it is seen, enlarged, saved, and shows its source', async ({ page, person, server, clean }) => {
      // What Mermaid tries out in its frame, the frame's policy stops.
      clean.allow(/inline event handler violates/);
      const words = WORDS[locale];
      const text = [fence(FLOW), fence('graph TD\n A --'), fence(HOSTILE)].join('\n\n');
      const id = await converse(server.url, person, text, 'fake/echo@0');
      await signIn(page, person);
      const chat = new Chat(page);
      await chat.open(`/chat/${id}`);
      const first = figure(page, 0);
      const picture = first.getByRole('img', { name: words.image });
      await first.scrollIntoViewIfNeeded();
      await expect(picture).toBeVisible({ timeout: 30_000 });
      await expect(first.locator('pre')).toBeHidden();
      await figure(page, 1).scrollIntoViewIfNeeded();
      await expect(figure(page, 1).getByText(words.fault)).toBeVisible();
      await expect(figure(page, 1).locator('pre')).toBeVisible();
      // What is drawn is a picture, without scripts and addresses, drawn in a frame that has no origin.
      await figure(page, 2).scrollIntoViewIfNeeded();
      await expect(figure(page, 2).locator('img')).toBeVisible();
      const drawn = decodeURIComponent((await figure(page, 2).locator('img').getAttribute('src')) ?? '');
      expect(drawn).toMatch(/^data:image\/svg\+xml/);
      expect(drawn).not.toMatch(/<script|onerror=|javascript:/i);
      const frame = page.frames().find((one) => one.url().endsWith('/frame/diagram'));
      expect(await frame?.evaluate(() => [origin, document.querySelector('svg')])).toEqual(['null', null]);
      await first.scrollIntoViewIfNeeded();
      await sound(page, 'diagram', look.colorScheme === 'light');

      const tools = first.getByRole('group', { name: words.tools });
      const before = (await picture.boundingBox())?.width ?? 0;
      await tools.getByRole('button', { name: words.larger }).click();
      expect((await picture.boundingBox())?.width).toBeCloseTo(before * 1.25, 0);
      // By keys, and back.
      await first.locator('.diagram').press('+');
      expect((await picture.boundingBox())?.width).toBeCloseTo(before * 1.5625, 0);
      await tools.getByRole('button', { name: words.whole }).click();
      expect((await picture.boundingBox())?.width).toBeCloseTo(before, 0);
      await picture.hover();
      await page.keyboard.down('Control');
      await page.mouse.wheel(0, -300);
      await page.keyboard.up('Control');
      await expect.poll(async () => (await picture.boundingBox())?.width).toBeGreaterThan(before * 1.5);

      for (const [name, file] of [[words.svg, 'diagram.svg'], [words.png, 'diagram.png']] as const) {
        const saving = page.waitForEvent('download');
        await tools.getByRole('button', { name }).click();
        const saved = await saving;
        expect(saved.suggestedFilename()).toBe(file);
        const bytes = readFileSync(await saved.path());
        if (file.endsWith('.svg')) expect(bytes.toString()).toMatch(/^<svg [\s\S]*开始/);
        else expect(bytes.subarray(1, 4).toString()).toBe('PNG');
      }
      await first.getByRole('button', { name: words.copy }).click();
      await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(`${FLOW}\n`);
      await tools.getByRole('button', { name: words.source }).click();
      await expect(first.locator('pre')).toContainText('开始');
      await expect(picture).toBeHidden();
      await tools.getByRole('button', { name: words.source }).click();
      await expect(picture).toBeVisible();

      // It follows the colours.
      const light = await picture.getAttribute('src');
      await page.emulateMedia({ colorScheme: look.colorScheme === 'light' ? 'dark' : 'light' });
      await expect.poll(() => picture.getAttribute('src')).not.toBe(light);
    });
  });
}

test('while it is written it stays text, and nothing is fetched for it', async ({ chat, page }) => {
  const seen = await watchTransfer(page);
  const asked = (name: string) => seen.urls.filter((url) => url === name).length;
  // Five seconds between its first line and its last one.
  const long = `${FLOW}\n%% ${'and so on '.repeat(20)}\nB --> E[End]`;
  await chat.ask(`${fence(long)}\n\n${Array.from({ length: 12 }, (_, n) => `word${n}`).join(' ')}`, 'fake/echo@12');
  await expect(figure(page, 0).locator('pre')).toContainText('开始');
  await expect(figure(page, 0).locator('pre')).not.toContainText('End');
  await page.waitForTimeout(400);
  expect([asked('/diagram.js'), asked('/mermaid.js'), await figure(page, 0).locator('img').count()]).toEqual([0, 0, 0]);
  // The fence is closed, the answer goes on.
  await expect(figure(page, 0).locator('img')).toBeVisible({ timeout: 30_000 });
  await chat.finished();
  await expect(figure(page, 0).locator('img')).toBeVisible();
  expect([asked('/diagram.js'), asked('/mermaid.js')]).toEqual([1, 1]);
});
