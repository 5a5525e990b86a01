from krakenex.api import API as API
