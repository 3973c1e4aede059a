// A modal question. The browser's own dialog keeps the focus inside, gives it back afterwards and closes on Escape.
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { DeedButton } from './deed-button.js';
import { useText } from './text.js';

export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren; wide?: boolean }) {
  const t = useText();
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Not after the paint: a key pressed in between would go to the page behind.
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={ref} class={props.wide === true ? 'dialog dialog-wide' : 'dialog'} aria-labelledby={titleId} onClose={props.onClose}>
      <div class="dialog-head">
        <h2 id={titleId}>{props.title}</h2>
        <button type="button" class="button-quiet" onClick={() => ref.current?.close()}>
          {t('desk.dialog.close')}
        </button>
      </div>
      {props.children}
    </dialog>
  );
}

/** A question with one deed. While it is not `ready`, something is still to be chosen, and pressing does nothing. */
export function ConfirmDialog(props: {
  title: string;
  children: ComponentChildren;
  confirm: string;
  ready?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const t = useText();
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      {props.children}
      <div class="dialog-deeds">
        <DeedButton
          class="button"
          busy={props.ready === false}
          onPress={() => {
            props.onConfirm();
            props.onClose();
          }}
        >
          {props.confirm}
        </DeedButton>
        <button type="button" class="button-quiet" onClick={props.onClose}>
          {t('desk.dialog.cancel')}
        </button>
      </div>
    </Dialog>
  );
}
