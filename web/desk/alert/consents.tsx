import type { Consents as ConsentRecord } from '@jardam/protocol';
import { useText } from '../ui/text.js';

const audiences = ['responders', 'abroad', 'eu', 'un', 'family', 'publication'] as const;

/** Whom the defender allows to know. Told by a word; the mark only repeats it. */
export function Consents({ consents }: { consents: ConsentRecord }) {
  const t = useText();
  return (
    <section aria-labelledby="consents-title">
      <h3 id="consents-title">{t('desk.consent.title')}</h3>
      <ul class="consents">
        {audiences.map((audience) => (
          <li key={audience} class={consents[audience] ? 'consent-yes' : 'consent-no'}>
            <span class="consent-mark" aria-hidden="true" />
            <span>{t(`desk.consent.${audience}`)}</span>
            <span class="consent-word">{consents[audience] ? t('desk.consent.yes') : t('desk.consent.no')}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
