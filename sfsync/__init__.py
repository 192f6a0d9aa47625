"""sfsync makes a company's lead policy happen inside its Salesforce."""

__version__ = "0.1.0"
