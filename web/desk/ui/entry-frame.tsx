// The plain page around everything before the desk: a heading, one column, the choice of language.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { LANGUAGE_NAMES, LANGUAGES, type Language } from '../../common/i18n.js';
import { useText } from './text.js';

export interface FrameProps {
  readonly lang: Language;
  readonly onLanguage: (lang: Language) => void;
}

export function LanguageChoice({ lang, onLanguage }: FrameProps) {
  const t = useText();
  return (
    <label class="language">
      <span class="hidden-text">{t('desk.language')}</span>
      <select value={lang} onChange={(event) => onLanguage(event.currentTarget.value as Language)}>
        {LANGUAGES.map((each) => (
          <option key={each} value={each} lang={each}>
            {LANGUAGE_NAMES[each]}
          </option>
        ))}
      </select>
    </label>
  );
}

/** `stepKey` changes when the person goes on to another step: the heading then takes the focus, so that a screen reader
 *  starts at the top and not where the last button was. */
export function EntryFrame(props: FrameProps & { title: string; stepKey?: string; children?: ComponentChildren; busy?: boolean }) {
  const t = useText();
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useLayoutEffect(() => {
    if (!first.current) heading.current?.focus();
    first.current = false;
  }, [props.stepKey]);
  return (
    <div class="entry">
      <header class="entry-head">
        <span class="entry-name">{t('desk.name')}</span>
        <LanguageChoice lang={props.lang} onLanguage={props.onLanguage} />
      </header>
      <main class="entry-main" aria-busy={props.busy === true}>
        <h1 ref={heading} tabIndex={-1}>
          {props.title}
        </h1>
        {props.children}
      </main>
    </div>
  );
}
