// What stands around every screen.
import { Component, type ComponentChildren } from 'preact';
import type { Translate } from '../common/i18n.js';
import { backAction } from './context.js';
import { useLive } from './live.js';
import { quickExit } from './quick-exit.js';

/** The bar on top of every page: the way back, and the way out. */
export function Bar(props: { t: Translate | null }) {
  const { t } = props;
  const back = useLive(backAction);
  return (
    <header class="bar">
      {back !== null && t !== null ? (
        <button type="button" class="button button-quiet" onClick={back}>
          <span aria-hidden="true">←</span> {t('defender.back')}
        </button>
      ) : (
        <span />
      )}
      {/* Before a language is known the cross has to speak for itself. */}
      <button type="button" class="button exit" onClick={quickExit} aria-label={t === null ? 'Quick exit' : undefined}>
        {t?.('defender.quick-exit')} <span aria-hidden="true">✕</span>
      </button>
    </header>
  );
}

/** Says in words that the page has failed: a blank screen would look like a sent alert. */
export class Stopped extends Component<{ t: Translate; children: ComponentChildren }, { failed: boolean }> {
  override state = { failed: false };

  override componentDidCatch(): void {
    this.setState({ failed: true });
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <main class="screen">
        <p class="notice notice-warn" role="alert">
          {this.props.t('defender.failed')}
        </p>
      </main>
    );
  }
}
