/** A codicon by its name; decoration only, so say the same in words beside it. */
export function Icon({ name, class: extra = "" }: { name: string; class?: string }) {
  return <i class={`codicon codicon-${name} ${extra}`} aria-hidden="true" />;
}

/** A button that is only an icon; its label is read out and shown on hover. */
export function IconButton({ name, label, onClick }: { name: string; label: string; onClick: () => void }) {
  return (
    <button type="button" class="icon-button" title={label} aria-label={label} onClick={onClick}>
      <Icon name={name} />
    </button>
  );
}
