import type { Candidate } from "./complete.ts";

/**
 * The script that each shell reads once. At Tab it hands the words to the command as they are; nothing that was typed
 * is evaluated. Where the command knows nothing, files are offered. (The library @bomb.sh/tab 0.0.22 evaluates the line
 * at Tab, and can't be read twice in bash.)
 */
export const completionScripts = {
  bash: `_concierge() {
  local IFS=$'\\n'
  COMPREPLY=($(concierge __complete bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _concierge concierge
`,
  zsh: `#compdef concierge
_concierge() {
  local -a found
  found=("\${(@f)$(concierge __complete zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then _describe concierge found; else compset -P '--*='; _files; fi
}
compdef _concierge concierge
`,
  fish: `function __concierge_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (concierge __complete fish -- $words[2..-1] 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c concierge -f -a '(__concierge_complete)'
`,
} as const;

/** A candidate in a line, as the script of that shell reads it. */
export const formatCandidate: Record<keyof typeof completionScripts, (candidate: Candidate) => string> = {
  bash: ({ value }) => value,
  zsh: ({ value, about }) => [value.replaceAll(":", "\\:"), about].filter(text => text !== "").join(":"),
  fish: ({ value, about }) => [value, about].filter(text => text !== "").join("\t"),
};
