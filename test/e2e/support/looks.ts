// Runs inside the page, so the types of both worlds are needed.
/// <reference lib="dom" />
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** What axe finds against WCAG A and AA, and whether the page scrolls sideways. */
export async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { violations, passes } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    });
    if (passes.length === 0) return ['axe looked at nothing'];
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 80)).join(' | ')}`);
  });
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  return sideways > 0 ? [...found, `scrolls ${sideways} px sideways`] : found;
}

/** Controls that something else covers when the keyboard comes to them (WCAG 2.4.11). */
export async function coveredWhenFocused(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const covered: string[] = [];
    for (const control of document.querySelectorAll<HTMLElement>('main button, main input, main textarea, main select')) {
      if (control.getClientRects().length === 0) continue;
      control.focus();
      const { left, top, width, height } = control.getBoundingClientRect();
      const above = document.elementFromPoint(left + width / 2, top + height / 2);
      const shown = above !== null && (control.contains(above) || above.contains(control) || above.closest('label')?.contains(control) === true);
      if (!shown) covered.push(`covered when focused: ${control.outerHTML.slice(0, 80)}`);
    }
    return covered;
  });
}
