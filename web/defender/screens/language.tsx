import { LANGUAGE_NAMES, LANGUAGES, type Language } from '../../common/i18n.js';

/** Five languages, each in itself. The same list stands in index.html, so that it can be read before any script runs. */
export function LanguageScreen(props: { onChoose: (lang: Language) => void }) {
  return (
    <main class="screen languages">
      {LANGUAGES.map((lang) => (
        <a
          key={lang}
          class="button button-plain"
          href={`#${lang}`}
          lang={lang}
          onClick={(event) => {
            event.preventDefault();
            props.onChoose(lang);
          }}
        >
          {LANGUAGE_NAMES[lang]}
        </a>
      ))}
    </main>
  );
}
