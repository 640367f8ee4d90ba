"""The pages of the inbox, plain HTML; ``static/contactcenter/inbox.js`` fetches parts of the same pages."""
